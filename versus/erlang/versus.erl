%% The same work with Erlang/OTP. Started by ./run, which has the arguments.
-module(versus).
-export([main/1, sink/0, idle/0]).

-define(SMALL, 32).
-define(OCTET, 7).
-define(BIG_HEAP, [{message_queue_data, off_heap}]).

main([Work, Count, Size, Core | Flags]) ->
    put(core, Core),
    put(flags, Flags),
    try
        measure(list_to_atom(Work), list_to_integer(Count), list_to_integer(Size)),
        halt(0, [{flush, true}])
    catch
        _:Error:Stack ->
            io:format(standard_error, "~p~n~p~n", [Error, Stack]),
            halt(1, [{flush, true}])
    end.

%% ---- The works.

measure(local, Count, _) ->
    To = spawn_opt(?MODULE, sink, [], ?BIG_HEAP),
    flow(local, Count, ?SMALL, To, none);
measure(stream, Count, Size) ->
    {Node, Other} = other(),
    To = spawn_opt(Node, ?MODULE, sink, [], ?BIG_HEAP),
    flow(stream, Count, Size, To, Other);
measure(ping_pong, Count, _) ->
    To = spawn(?MODULE, sink, []),
    Meter = meter(none),
    times(To, 0, Count, []),
    record(ping_pong, Count, Meter, []);
measure(round_trip, Count, _) ->
    {Node, Other} = other(),
    To = spawn(Node, ?MODULE, sink, []),
    times(To, 0, 1000, []),
    Meter = meter(Other),
    Times = lists:sort(times(To, 0, Count, [])),
    record(round_trip, Count, Meter, [{median_us, percentile(Times, 50)}, {p99_us, percentile(Times, 99)}]);
measure(window, Count, _) ->
    {Node, Other} = other(),
    To = spawn(Node, ?MODULE, sink, []),
    times(To, 0, 1000, []),
    Meter = meter(Other),
    Each = Count div 100,
    Asking = [spawn_monitor(fun() -> times(To, 0, Each, []) end) || _ <- lists:seq(1, 100)],
    [receive {'DOWN', Monitor, process, _, Reason} -> normal = Reason end || {_, Monitor} <- Asking],
    record(window, Count, Meter, []);
measure(open, Count, _) ->
    Before = resident(),
    Meter = meter(none),
    Opened = idles(Count),
    Measured = read(Meter),
    Memory = (resident() - Before) div length(Opened),
    print(open, Count, Measured, [{octets_each, Memory}]);
measure(kill, Count, _) ->
    Opened = idles(Count),
    [monitor(process, Pid) || Pid <- Opened],
    Meter = meter(none),
    [exit(Pid, kill) || Pid <- Opened],
    downs(Count),
    record(kill, Count, Meter, []).

%% ---- One way.

flow(Work, Count, Size, To, Other) ->
    Octets = binary:copy(<<?OCTET>>, Size),
    Meter = meter(Other),
    send(To, 0, Count, Octets),
    To ! {tally, self()},
    Tally = receive {tally, Counted} -> Counted end,
    Measured = read(Meter),
    Sum = Count * (Count - 1) div 2 + Count * checksum(Octets),
    case Tally of
        {Count, Sum, 0} -> print(Work, Count, Measured, []);
        _ -> error({arrived, Tally, expected, {Count, Sum, 0}})
    end.

send(_, Count, Count, _) -> ok;
send(To, Number, Count, Octets) ->
    To ! {message, Number, Octets},
    send(To, Number + 1, Count, Octets).

sink() -> sink(0, 0, 0).

sink(Messages, Sum, OutOfOrder) ->
    receive
        {message, Messages, Octets} ->
            sink(Messages + 1, Sum + Messages + checksum(Octets), OutOfOrder);
        {message, Number, Octets} ->
            sink(Messages + 1, Sum + Number + checksum(Octets), OutOfOrder + 1);
        {echo, From, Number} ->
            From ! {echo, Number},
            sink(Messages, Sum, OutOfOrder);
        {tally, From} ->
            From ! {tally, {Messages, Sum, OutOfOrder}},
            sink(Messages, Sum, OutOfOrder)
    end.

%% All octets of a small message (the low half of Adler-32 is one more than their sum); the ends and the length of a large one.
checksum(Octets) when byte_size(Octets) =< ?SMALL -> (erlang:adler32(Octets) band 16#ffff) - 1;
checksum(Octets) -> byte_size(Octets) + binary:first(Octets) + binary:last(Octets).

%% ---- There and back.

times(_, Count, Count, Times) -> Times;
times(To, Number, Count, Times) ->
    Began = erlang:monotonic_time(nanosecond),
    To ! {echo, self(), Number},
    receive {echo, Number} -> ok end,
    times(To, Number + 1, Count, [erlang:monotonic_time(nanosecond) - Began | Times]).

percentile(Sorted, Hundredths) ->
    lists:nth(min(length(Sorted), length(Sorted) * Hundredths div 100 + 1), Sorted) / 1000.

%% ---- Lives.

idles(Count) -> [spawn(?MODULE, idle, []) || _ <- lists:seq(1, Count)].

idle() -> receive stop -> ok end.

downs(0) -> ok;
downs(Left) -> receive {'DOWN', _, process, _, killed} -> downs(Left - 1) end.

%% ---- The other process, which ends with this one.

other() ->
    Arguments = ["-c", get(core), "erl", "-setcookie", "of_a_measurement", "-pa", filename:dirname(code:which(?MODULE))],
    {ok, _, Node} = peer:start_link(#{
        name => peer:random_name(), host => "127.0.0.1", longnames => true,
        exec => {os:find_executable("taskset"), Arguments}, args => get(flags)
    }),
    {Node, rpc:call(Node, os, getpid, [])}.

%% ---- Time, work and memory.

meter(Other) -> {Other, work(Other), erlang:monotonic_time(nanosecond)}.

read({Other, Work, Began}) ->
    Time = erlang:monotonic_time(nanosecond) - Began,
    {Time, work(Other) - Work}.

work(none) -> work_of(os:getpid());
work(Other) -> work_of(os:getpid()) + work_of(Other).

%% What all threads of an operating system's process have worked, in nanoseconds.
work_of(Process) ->
    lists:sum([work_in(File) || File <- filelib:wildcard("/proc/" ++ Process ++ "/task/*/schedstat")]).

work_in(File) ->
    {ok, Text} = file:read_file(File),
    binary_to_integer(hd(binary:split(Text, <<" ">>))).

resident() ->
    {ok, Text} = file:read_file("/proc/self/statm"),
    binary_to_integer(lists:nth(2, binary:split(Text, <<" ">>, [global]))) * 4096.

record(Work, Count, Meter, More) -> print(Work, Count, read(Meter), More).

print(Work, Count, {Time, Worked}, More) ->
    Fields = [{seconds, Time / 1.0e9}, {work_ns, Worked / Count} | More],
    Text = [io_lib:format(",\"~s\":~w", [Name, Value]) || {Name, Value} <- Fields],
    io:format("{\"work\":\"~s\",\"count\":~w~s}~n", [Work, Count, Text]).
