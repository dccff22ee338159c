#!/usr/bin/env perl
# A client in Perl, with AnyEvent, CBOR::XS, JSON::XS and Digest::SHA3, without AnyEvent::MP: it talks to a node as the
# nodes of AnyEvent::MP do (docs/base-protocol.md).
#
#     AEMP_SECRET="..." cargo run -p aemp --example adder               # prints a port ID
#     AEMP_SECRET="..." examples/clients/client.pl PORT-ID [json]
#
# It proves that it has the secret, calls the port, is called back, monitors the port and is monitored by it. Messages go
# in CBOR, or in JSON.

use strict;
use warnings;

use AnyEvent;
use AnyEvent::Handle;
use AnyEvent::Socket;
use Digest::SHA3 qw(sha3_512 sha3_512_hex);

$| = 1;
@ARGV or die "client.pl: give a port ID\n";
my ($port_id, $framing) = (@ARGV, "cbor");
my ($node, $adder) = split /#/, $port_id;
# The node ID says where the node listens: NAME@HOST:PORT.
my ($host, $port) = $node =~ /\@\[?([^,]*?)\]?:(\d+)(?:,|$)/ or die "client.pl: $node says no address\n";
my $secret = $ENV{AEMP_SECRET} // "";
$secret =~ s/^\s+|\s+$//g;

# 32 octets from the system's random generator: Perl's own is weak.
open my $random, "<:raw", "/dev/urandom" or die "client.pl: no random octets: $!\n";
read($random, my $drawn, 40) == 40 or die "client.pl: no random octets\n";
my ($me, $nonce) = ("client/" . unpack("H16", $drawn), unpack "x8 H64", $drawn);

my $done = AnyEvent->condvar;
my $handle;

# HMAC with SHA3-512, whose block has 72 octets.
sub hmac {
    my ($key, $message) = @_;
    $key = sha3_512($key) if length $key > 72;
    $key .= "\0" x (72 - length $key);
    return sha3_512_hex(($key ^ "\x5c" x 72) . sha3_512(($key ^ "\x36" x 72) . $message));
}

sub fail { $done->send("client.pl: $_[0]\n") }

# A message: the name of a port, and what is said to it.
sub say_to { $handle->push_write($framing => [@_]) }

# Both sides greet at once, with two lines each; then each proves that it has the secret.
sub greet {
    my $own = "aemp;1;$me;hmac_sha3_512;$framing;provider=client.pl\n$nonce\n";
    $handle->push_write($own);
    $handle->push_read(line => sub {
        my (undef, $first) = @_;
        $first =~ /^aemp;1;/ or return fail("this is no node");
        $handle->push_read(line => sub {
            my (undef, $second) = @_;
            $second ne $nonce or return fail("it echoes");
            prove($own, "$first\n$second\n");
        });
    });
}

sub prove {
    my ($own, $other) = @_;
    $handle->push_write("hmac_sha3_512;" . hmac($secret, $own . $other) . ";$framing\n");
    $handle->push_read(line => sub {
        my ($method, $token, $in) = split /;/, $_[1];
        $method eq "hmac_sha3_512" && $token eq hmac($secret, $other . $own) && $in eq $framing
            or return fail("it did not prove that it is a member");
        print "connected to $node, in $framing\n";
        converse();
    });
}

# What is still to be heard before our port ends.
my %open = (sum => 1, watch => 1);

sub converse {
    # Requests to the node itself go to its nameless port. This one asks to be told of the adder's death.
    say_to("", "mon1", $adder);
    # We have one port, called "sums".
    say_to($adder, "add", 2, 3, "$me#sums");
    say_to($adder, "watch", "$me#sums");
    listen_on();
}

sub listen_on {
    $handle->push_read($framing => sub {
        my ($to, $what, @rest) = @{ $_[1] };
        received($to // "", $what // "", @rest);
        listen_on();
    });
}

sub received {
    my ($to, $what, @rest) = @_;
    if ($to eq "" && $what eq "time") {
        # The node asks what time it is when it has heard nothing for a while, and gives up who does not answer.
        my ($reply_to, @leading) = @rest;
        say_to($reply_to =~ /#(.*)/s ? $1 : "", @leading, AnyEvent->now);
    } elsif ($to eq "sums" && $what eq "sum") {
        print "the sum is $rest[0]\n";
        delete $open{sum};
    } elsif ($to eq "" && $what eq "mon1" && $rest[0] eq "sums") {
        print "the adder watches our port\n";
        delete $open{watch};
    } elsif ($to eq "" && $what eq "kil0" && $rest[0] eq $adder) {
        print "the adder died: ", join(": ", @rest[1 .. $#rest]), "\n";
        return $done->send;
    }
    return if %open;
    # Our port is over, and who watches it is told why. The adder ends with it.
    say_to("", "kil0", "sums", "done", "the client knows enough");
    $open{end} = 1;
}

tcp_connect $host, $port, sub {
    my ($socket) = @_ or return fail("$host:$port does not answer: $!");
    $handle = AnyEvent::Handle->new(
        fh       => $socket,
        no_delay => 1,
        # AnyEvent calls an end in the middle of what is awaited a broken pipe.
        on_error => sub { fail($!{EPIPE} || $!{ECONNRESET} ? "it closed the connection" : $_[2]) },
        on_eof   => sub { fail("it closed the connection") },
    );
    greet();
};

my $patience = AnyEvent->timer(after => 20, cb => sub { fail("it does not answer") });
my $error = $done->recv;
if ($error) { print STDERR $error; exit 1 }
