%% Streams of components (XEP-0114) as ejabberd_service has them, with what Kontor needs besides, as in Prosody.
%% In:  the options of ejabberd_service without `hosts`: mod_kontor_components has the secrets. `held`: first labels of
%%      the domains whose stanzas are kept until they are done with, while the component is away for so many seconds as
%%      `held_seconds` says (30).
%% Out: one stream a domain: while it stands a second one gets <conflict/>, so that a standby waits until it may serve.
%%      What the domain is sent comes through kontor_hold; one stanza for many receivers goes out by mod_kontor_fanout.
%%      A stream speaks for its own domain only.
%% A module of ejabberd_listener and of xmpp_stream_in.
-module(kontor_component).

-export([start/3, start_link/3, accept/1, listen_options/0, listen_opt_type/1]).
-export([init/1, tls_options/1, handle_stream_start/2, get_password_fun/1, handle_auth_success/4,
         handle_auth_failure/4, handle_recv/3, handle_authenticated_packet/2, handle_info/2, terminate/2,
         code_change/3]).

-define(NS_HOLD, <<"urn:kontor:hold:0">>).

start(Transport, Socket, Options) ->
    xmpp_stream_in:start(?MODULE, [{Transport, Socket}, Options], ejabberd_config:fsm_limit_opts(Options)).

start_link(Transport, Socket, Options) ->
    xmpp_stream_in:start_link(?MODULE, [{Transport, Socket}, Options], ejabberd_config:fsm_limit_opts(Options)).

accept(Stream) -> xmpp_stream_in:accept(Stream).

listen_options() -> [{held, []}, {held_seconds, 30} | ejabberd_service:listen_options()].

listen_opt_type(held_seconds) -> econf:pos_int();
listen_opt_type(held) -> econf:list(econf:binary());
listen_opt_type(Name) -> ejabberd_service:listen_opt_type(Name).

init([State, Options]) ->
    case ejabberd_service:init([State, Options]) of
        {ok, Made} ->
            Held = proplists:get_value(held, Options, []),
            Seconds = proplists:get_value(held_seconds, Options, 30),
            % Who may say what is seen to here.
            {ok, Made#{held => Held, held_seconds => Seconds, check_from => false}};
        Other -> Other
    end.

tls_options(State) -> ejabberd_service:tls_options(State).

handle_stream_start(Start, State) -> ejabberd_service:handle_stream_start(Start, State).

get_password_fun(#{remote_server := Domain}) ->
    fun(_) -> {mod_kontor_components:secret(Domain), undefined} end.

handle_auth_failure(Domain, Mechanism, Reason, State) ->
    ejabberd_service:handle_auth_failure(Domain, Mechanism, Reason, State).

handle_auth_success(_, _, _, #{remote_server := Domain, lang := Lang} = State) ->
    case kontor_hold:attach(Domain, seconds(Domain, State)) of
        {ok, Holder} ->
            ejabberd_hooks:run(component_connected, [Domain]),
            State#{holder => Holder, holder_monitor => monitor(process, Holder)};
        conflict ->
            xmpp_stream_in:send(State, xmpp:serr_conflict(<<"Component already connected">>, Lang))
    end.

seconds(Domain, #{held := Held, held_seconds := Seconds}) ->
    [Label | _] = binary:split(Domain, <<".">>),
    case lists:member(Label, Held) of
        true -> Seconds;
        false -> none
    end.

%% What is no stanza comes here only. Children of stanzas are seen to below.
handle_recv({xmlel, <<"release">>, _, _} = Element, _, #{holder := Holder} = State) ->
    case fxml:get_tag_attr_s(<<"xmlns">>, Element) of
        ?NS_HOLD -> kontor_hold:release(Holder, fxml:get_tag_cdata(Element));
        _ -> ok
    end,
    State;
handle_recv({xmlel, <<"hold">>, _, _} = Element, _, #{holder := Holder} = State) ->
    case fxml:get_tag_attr_s(<<"xmlns">>, Element) of
        ?NS_HOLD -> kontor_hold:accept(Holder);
        _ -> ok
    end,
    State;
handle_recv(_, _, State) -> State.

handle_authenticated_packet(Packet, #{remote_server := Domain, lang := Lang} = State) ->
    case xmpp:is_stanza(Packet) of
        false -> State;
        true ->
            case jid:tolower(xmpp:get_from(Packet)) of
                {_, Domain, _} -> sent(Packet, State);
                _ -> xmpp_stream_in:send(State, xmpp:serr_invalid_from(<<"Improper domain part of 'from'">>, Lang))
            end
    end.

%% To the component's own domain goes what the server itself is to do.
sent(Packet, #{remote_server := Domain, holder := Holder} = State) ->
    case jid:tolower(xmpp:get_to(Packet)) of
        {<<>>, Domain, <<>>} ->
            {Marks, Plain} = take(<<"release">>, ?NS_HOLD, Packet),
            case mod_kontor_fanout:take(Plain) of
                {none, _} -> ejabberd_service:handle_authenticated_packet(Plain, State);
                {Receivers, Copied} -> mod_kontor_fanout:copy(Copied, Receivers)
            end,
            % Behind the copies: who shows them may end, but this process sees to both.
            [kontor_hold:release(Holder, Marks) || Marks =/= none],
            State;
        _ -> ejabberd_service:handle_authenticated_packet(Packet, State)
    end.

%% The text of a child and the stanza without it.
take(Name, Namespace, Packet) ->
    IsIt = fun({xmlel, Called, _, _} = Child) ->
                   Called =:= Name andalso fxml:get_tag_attr_s(<<"xmlns">>, Child) =:= Namespace;
              (_) -> false
           end,
    case lists:partition(IsIt, xmpp:get_els(Packet)) of
        {[], _} -> {none, Packet};
        {[Child | _], Others} -> {fxml:get_tag_cdata(Child), xmpp:set_els(Packet, Others)}
    end.

handle_info({give, Texts}, #{socket := Socket} = State) ->
    case xmpp_socket:send(Socket, Texts) of
        ok -> ok;
        % As xmpp_stream_in does it: what was read before is worked off first.
        {error, _} -> self() ! {'$gen_event', closed}
    end,
    State;
handle_info({give, _}, State) -> State;
handle_info({turn_away, Error}, State) -> xmpp_stream_in:send(State, Error);
handle_info({'DOWN', Monitor, _, _, _}, #{holder_monitor := Monitor} = State) ->
    xmpp_stream_in:send(State, xmpp:serr_reset());
handle_info(_, State) -> State.

terminate(Reason, #{holder := _, remote_server := Domain}) ->
    ejabberd_hooks:run(component_disconnected, [Domain, Reason]);
terminate(_, _) -> ok.

code_change(_, State, _) -> {ok, State}.
