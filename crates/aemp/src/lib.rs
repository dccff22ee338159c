//! Erlang-style message passing over the network, without silent loss.
