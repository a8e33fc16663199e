%% Keeps what a component was given until it says that it is done with it: a component that is killed loses nothing. The
%% rules are those of mod_kontor_hold.lua. One process a domain, which is its route as long as it lives.
%% In:  accept/1 takes up the offer, release/2 says with marks, one a line, what is done.
%% Out: at each start of a stream the offer <hold upto='mark'/>, where what has a mark up to this one may have been done
%%      before; then stanzas with their mark in the attribute kontor-held. While the component is away they wait in
%%      their order, for so many seconds as attach/2 was told; then they and all that comes get an error.
%% A domain of which nothing is held is served by the same process, which ends with its stream.
-module(kontor_hold).
-behaviour(gen_server).

-export([attach/2, accept/1, release/2, host_down/1]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).

-define(NAME(Domain), {?MODULE, Domain}).
-define(NS, <<"urn:kontor:hold:0">>).
-define(ACCEPT_MS, 5_000).
%% What was given out and never released is given out again this long.
-define(KEEP_MS, 600_000).
-define(MOST_BYTES, 64 * 1024 * 1024).

%% mode: off: nothing is kept. on: the component takes it. away: it is gone. offered: it is back, and has not answered.
%% entries: number => {text, name and attributes, time}, in their order. given: up to this number all was given out.
-record(state, {domain, seconds, stream, mode = off, timer, epoch, entries = gb_trees:empty(), last = 0, given = 0,
                bytes = 0}).

%% Makes this process the stream of the domain: {ok, Holder}, or `conflict` while another one is. Seconds is `none` for
%% a domain of which nothing is held.
attach(Domain, Seconds) ->
    Holder = holder(Domain),
    try gen_server:call(Holder, {attach, self(), Seconds}) of
        ok -> {ok, Holder};
        conflict -> conflict
    catch
        % It served nothing that is held, and ended just now.
        exit:{noproc, _} -> attach(Domain, Seconds);
        exit:{normal, _} -> attach(Domain, Seconds)
    end.

accept(Holder) -> gen_server:cast(Holder, {accept, self()}).

release(Holder, Marks) -> gen_server:cast(Holder, {release, Marks}).

%% The tenant of this domain is not served any more.
host_down(Host) ->
    Below = <<".", Host/binary>>,
    [gen_server:cast({global, ?NAME(Domain)}, turn_away)
     || ?NAME(Domain) <- global:registered_names(), binary:longest_common_suffix([Domain, Below]) =:= byte_size(Below)],
    ok.

holder(Domain) ->
    case gen_server:start({global, ?NAME(Domain)}, ?MODULE, Domain, []) of
        {ok, Holder} -> Holder;
        {error, {already_started, Holder}} -> Holder
    end.

init(Domain) ->
    ejabberd_router:register_route(Domain, ejabberd_config:get_myname()),
    {ok, #state{domain = Domain, epoch = p1_rand:get_string()}}.

handle_call({attach, Stream, Seconds}, _From, #state{stream = undefined, mode = Mode, given = Given} = State) ->
    monitor(process, Stream),
    Kept = expire(State#state{stream = Stream, seconds = Seconds}),
    [give(Kept, fxml:element_to_binary({xmlel, <<"hold">>, [{<<"xmlns">>, ?NS}, {<<"upto">>, mark(Kept, Given)}], []}))
     || Seconds =/= none],
    case Mode of
        off -> {reply, ok, Kept};
        _ -> {reply, ok, within(?ACCEPT_MS, Kept#state{mode = offered})}
    end;
handle_call({attach, _, _}, _From, State) ->
    {reply, conflict, State}.

handle_cast({accept, Stream}, #state{stream = Stream, seconds = Seconds} = State) when Seconds =/= none ->
    {noreply, give_out(disarm(State#state{mode = on}))};
handle_cast({release, Marks}, State) ->
    {noreply, lists:foldl(fun released/2, State, binary:split(Marks, <<"\n">>, [global, trim_all]))};
handle_cast(turn_away, #state{stream = Stream} = State) ->
    [Stream ! {turn_away, xmpp:serr_host_gone()} || Stream =/= undefined],
    {stop, normal, State};
handle_cast(_, State) ->
    {noreply, State}.

handle_info({route, Packet}, #state{mode = Mode} = State) ->
    case Mode =:= off orelse lists:member(xmpp:get_type(Packet), [error, result]) of
        true -> pass(Packet, State), {noreply, State};
        false -> {noreply, hold(Packet, State)}
    end;
handle_info({'DOWN', _, process, Stream, _}, #state{stream = Stream} = State) ->
    case State of
        #state{seconds = none} -> {stop, normal, State};
        #state{mode = off} -> {noreply, State#state{stream = undefined}};
        #state{seconds = Seconds} -> {noreply, within(1_000 * Seconds, State#state{stream = undefined, mode = away})}
    end;
handle_info({late, Timer}, #state{timer = {_, Timer}, mode = away} = State) ->
    {noreply, give_up(State#state{mode = off, timer = undefined})};
handle_info({late, Timer}, #state{timer = {_, Timer}, mode = offered} = State) ->
    logger:warning("~ts does not take up the offer to hold stanzas", [State#state.domain]),
    Given = give_out(State),
    {noreply, Given#state{mode = off, timer = undefined, entries = gb_trees:empty(), bytes = 0}};
handle_info(_, State) ->
    {noreply, State}.

terminate(_, #state{domain = Domain}) ->
    ejabberd_router:unregister_route(Domain).

mark(#state{epoch = Epoch}, Number) ->
    <<Epoch/binary, ":", (integer_to_binary(Number))/binary>>.

give(#state{stream = Stream}, Text) -> Stream ! {give, Text}.

element_of(Packet) -> xmpp:encode(Packet, <<"jabber:component:accept">>).

pass(Packet, #state{stream = undefined}) -> refuse(Packet);
pass(Packet, State) -> give(State, fxml:element_to_binary(element_of(Packet))).

hold(Packet, #state{entries = Entries, last = Last, bytes = Bytes, mode = Mode} = State) ->
    Number = Last + 1,
    {xmlel, Name, Attributes, Children} = element_of(Packet),
    Marked = {xmlel, Name, [{<<"kontor-held">>, mark(State, Number)} | Attributes], Children},
    Text = fxml:element_to_binary(Marked),
    case Bytes + byte_size(Text) of
        % Of a component that releases nothing, not everything can be kept.
        TooMany when TooMany > ?MOST_BYTES -> pass(Packet, State), State;
        Sum ->
            Kept = gb_trees:insert(Number, {Text, {Name, Attributes}, now_ms()}, Entries),
            Holding = State#state{entries = Kept, last = Number, bytes = Sum},
            case Mode of
                on -> give(Holding, Text), Holding#state{given = Number};
                _ -> Holding
            end
    end.

released(Mark, #state{epoch = Epoch} = State) ->
    Length = byte_size(Epoch),
    case Mark of
        <<Epoch:Length/binary, ":", Number/binary>> -> drop(catch binary_to_integer(Number), State);
        _ -> State
    end.

drop(Number, #state{entries = Entries, bytes = Bytes} = State) ->
    case gb_trees:take_any(Number, Entries) of
        {{Text, _, _}, Others} -> State#state{entries = Others, bytes = Bytes - byte_size(Text)};
        error -> State
    end.

%% In one piece: a queue that is too long would end the stream.
give_out(#state{entries = Entries, last = Last} = State) ->
    [give(State, [Text || {Text, _, _} <- gb_trees:values(Entries)]) || not gb_trees:is_empty(Entries)],
    State#state{given = Last}.

%% Those that nobody ever saw get an error; of the others nobody knows.
give_up(#state{entries = Entries, given = Given} = State) ->
    Unseen = [{Number, Head} || {Number, {_, Head, _}} <- gb_trees:to_list(Entries), Number > Given],
    lists:foldl(
      fun({Number, {Name, Attributes}}, Left) ->
              refuse(xmpp:decode({xmlel, Name, Attributes, []}, <<"jabber:client">>, [ignore_els])),
              drop(Number, Left)
      end, State, Unseen).

refuse(Packet) ->
    case xmpp:get_type(Packet) of
        unavailable -> ok;
        _ -> ejabberd_router:route_error(Packet, xmpp:err_remote_server_timeout(<<"Component unavailable">>, <<"en">>))
    end.

expire(#state{entries = Entries} = State) ->
    Oldest = now_ms() - ?KEEP_MS,
    case gb_trees:is_empty(Entries) of
        true -> State;
        false ->
            case gb_trees:smallest(Entries) of
                {Number, {_, _, At}} when At < Oldest -> expire(drop(Number, State));
                _ -> State
            end
    end.

within(Milliseconds, State) ->
    Turn = make_ref(),
    Timer = erlang:send_after(Milliseconds, self(), {late, Turn}),
    (disarm(State))#state{timer = {Timer, Turn}}.

disarm(#state{timer = undefined} = State) -> State;
disarm(#state{timer = {Timer, _}} = State) ->
    erlang:cancel_timer(Timer),
    State#state{timer = undefined}.

now_ms() -> erlang:monotonic_time(millisecond).
