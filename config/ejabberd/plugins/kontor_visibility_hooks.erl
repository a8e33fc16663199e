%% Where presence of a tenant's people arrives for somebody, and what else tells whether they are there: each gets what
%% he may see by the rules (kontor_visibility), with show and status as told. Who may not see somebody gets the same
%% whether he is there or not.
%% Each session takes note in its state (kontor_view) of what was in force when others were last told of it, and settles
%% the difference as soon as rules change, before it says anything else.
-module(kontor_visibility_hooks).

-include_lib("p1_xmpp/include/xmpp.hrl").

-export([add/1, delete/1, rules_changed/1, people_changed/2]).
-export([sm_receive_packet/1, offline_message/1, disco_sm_items/5, user_send_packet/1, c2s_handle_info/2,
         c2s_terminated/2, c2s_copy_session/2]).

-define(SETTLE, {?MODULE, settle}).
%% Who may see whom before the stanza that is being handled changed it: who loses sight is told.
-define(PARTING, {?MODULE, parting}).
%% XEP-0319, XEP-0203 and its elder, XEP-0012: since when.
-define(TIMES, [<<"urn:xmpp:idle:1">>, <<"urn:xmpp:delay">>, <<"jabber:x:delay">>, <<"jabber:iq:last">>]).
%% What somebody does right now is as much presence as presence itself: XEP-0108, 0107, 0118, 0080, 0196, 0195, 0194, 0197.
-define(LIVE_NODES, [<<"http://jabber.org/protocol/activity">>, <<"http://jabber.org/protocol/mood">>,
                     <<"http://jabber.org/protocol/tune">>, <<"http://jabber.org/protocol/geoloc">>,
                     <<"urn:xmpp:gaming:0">>, <<"urn:xmpp:browsing:0">>, <<"urn:xmpp:chatting:0">>,
                     <<"urn:xmpp:viewing:0">>]).

hooks() ->
    [% After the tenants' wall, before the archive.
     {sm_receive_packet, 20},
     % Between the archive (49) and the server's bounce (100).
     {offline_message_hook, offline_message, 60},
     % After who adds the devices.
     {disco_sm_items, 150},
     {user_send_packet, 10},
     {c2s_handle_info, 1},
     % Before the server says that the session is gone.
     {c2s_terminated, 40},
     {c2s_copy_session, 50}].

add(Host) -> each(fun ejabberd_hooks:add/5, Host).

delete(Host) -> each(fun ejabberd_hooks:delete/5, Host).

each(Do, Host) ->
    [case Hook of
         {Name, Priority} -> Do(Name, Host, ?MODULE, Name, Priority);
         {Name, Function, Priority} -> Do(Name, Host, ?MODULE, Function, Priority)
     end || Hook <- hooks()],
    ok.

%% On its way to a person ----------------------------------------------------------------------------------------------

sm_receive_packet(#presence{type = Type, from = From, to = To} = Presence) when Type =:= available; Type =:= unavailable ->
    Viewer = bare(To),
    case kontor_visibility:person(From) of
        none -> Presence;
        Viewer -> Presence;
        Seen ->
            case {xmpp:get_meta(Presence, ?MODULE, none), kontor_visibility:view(Seen, Viewer)} of
                {blind, _} -> Presence;
                {_, hidden} ->
                    case Type =:= unavailable andalso is_parting(Seen, Viewer) of
                        true -> Presence;
                        false -> drop
                    end;
                {_, View} -> show(Presence, View)
            end
    end;
sm_receive_packet(#presence{type = probe, from = From, to = To} = Probe) ->
    Seen = bare(To),
    case kontor_visibility:person(From) of
        none -> Probe;
        Seen -> Probe;
        Viewer -> probe(Probe, Seen, Viewer)
    end;
sm_receive_packet(#presence{type = subscribe, from = From, to = To} = Request) ->
    {Name, Host} = bare(To),
    case kontor_visibility:person(From) of
        {Viewer, Host} when Viewer =/= Name ->
            case is_approved_by_rule(Name, Host, Viewer) of
                true -> approve(Request), drop;
                false -> Request
            end;
        _ -> Request
    end;
sm_receive_packet(#iq{type = Type, from = From, to = To, sub_els = [Child]} = Request) when Type =:= get; Type =:= set ->
    Seen = bare(To),
    case kontor_visibility:person(From) of
        none -> Request;
        Seen -> Request;
        Viewer ->
            IsDevice = To#jid.lresource =/= <<>>,
            AsksSince = xmpp:get_ns(Child) =:= ?NS_LAST,
            case kontor_visibility:view(Seen, Viewer) of
                hidden when IsDevice; AsksSince -> refuse(Request);
                hidden ->
                    case is_live(Child) of
                        true -> ejabberd_router:route_error(Request, xmpp:err_forbidden()), drop;
                        false -> Request
                    end;
                #{hide := true} when AsksSince -> refuse(Request);
                _ -> Request
            end
    end;
%% No client reads such a message from a person, but whether it comes back tells whether the device is there.
sm_receive_packet(#message{type = groupchat, from = From, to = #jid{lresource = Resource} = To} = Message)
  when Resource =/= <<>> ->
    case kontor_visibility:sees(From, bare(To)) of
        true -> Message;
        false -> refuse(Message)
    end;
%% PEP: an event of what somebody does right now.
sm_receive_packet(#message{from = From, to = To} = Message) ->
    case lists:any(fun is_live_event/1, xmpp:get_els(Message)) of
        true ->
            case kontor_visibility:person(From) of
                none -> Message;
                Seen ->
                    case kontor_visibility:sees(To, Seen) of
                        true -> Message;
                        false -> drop
                    end
            end;
        false -> Message
    end;
sm_receive_packet(Other) -> Other.

bare(#jid{luser = Name, lserver = Host}) -> {Name, Host}.

address({Name, Host}) -> jid:make(Name, Host).

%% As from somebody who is not there (RFC 6121 8.5.3.2.3), in the server's own words.
refuse(Packet) ->
    Error = xmpp:err_service_unavailable(<<"User session not found">>, xmpp:get_lang(Packet)),
    ejabberd_router:route_error(Packet, Error),
    drop.

%% A copy for one receiver; the session keeps what its client said.
show(#presence{type = Type, sub_els = Children} = Presence, #{hide := Hide, show := Show, status := Status}) ->
    Timeless = case Hide of
                   true -> Presence#presence{sub_els = [Each || Each <- Children, not lists:member(ns(Each), ?TIMES)]};
                   false -> Presence
               end,
    Shown = case Type of
                available when Show =/= none -> Timeless#presence{show = Show};
                _ -> Timeless
            end,
    case Status of
        none -> Shown;
        _ -> Shown#presence{status = [#text{data = Status}]}
    end.

ns(Element) -> xmpp:get_ns(Element).

%% RFC 6121 4.3.2: who may not see is answered as by somebody who is away.
probe(Probe, {Name, Host} = Seen, Viewer) ->
    View = kontor_visibility:view(Seen, Viewer),
    IsThere = ejabberd_sm:get_user_present_resources(Name, Host) =/= [],
    case View =:= hidden orelse (not IsThere andalso kontor_visibility:told(Host)) of
        true ->
            [ejabberd_router:route(away(View, Seen, Probe#presence.from))
             || kontor_visibility:is_contact(Name, Host, Viewer)],
            drop;
        false -> Probe
    end.

away(hidden, Seen, To) ->
    xmpp:put_meta(#presence{type = unavailable, from = address(Seen), to = To}, ?MODULE, blind);
away(_, Seen, To) -> #presence{type = unavailable, from = address(Seen), to = To}.

%% RFC 6121 3.1.3, where the tenant's rules say in the person's place that colleagues see each other.
is_approved_by_rule(Name, Host, Viewer) ->
    kontor_visibility:told(Host)
        andalso kontor_visibility:is_for_all(kontor_visibility:of_person(Host, Name))
        andalso ejabberd_auth:user_exists(Name, Host)
        andalso not kontor_visibility:is_contact(Name, Host, {Viewer, Host}).

%% As if he had said so (RFC 6121 3.1.5).
approve(#presence{from = From, to = To} = Request) ->
    mod_roster:in_subscription(false, Request),
    grant(jid:remove_resource(To), jid:remove_resource(From)).

grant(Person, Viewer) ->
    Approval = #presence{type = subscribed, from = Person, to = Viewer},
    ejabberd_router:route(Approval),
    mod_roster:out_subscription(Approval).

%% Who was asked before the rules answered the question. Who is away is asked again when the other one comes online.
approve_pending(#jid{luser = Name, lserver = Host} = Person) ->
    % Of a record #roster{}, which is the server's own.
    Waiting = [element(4, Item) || Item <- mod_roster:get_roster(Name, Host), lists:member(element(7, Item), [in, both])],
    [grant(jid:remove_resource(Person), jid:make(Viewer)) || {_, At, _} = Viewer <- Waiting, At =:= Host].

is_live(Child) ->
    ns(Child) =:= ?NS_PUBSUB andalso names_live_node(Child).

is_live_event(Child) ->
    ns(Child) =:= ?NS_PUBSUB_EVENT andalso names_live_node(Child).

names_live_node(Element) ->
    {xmlel, _, _, Children} = xmpp:encode(Element),
    lists:any(fun({xmlel, _, _, _} = Child) -> lists:member(fxml:get_tag_attr_s(<<"node">>, Child), ?LIVE_NODES);
                 (_) -> false
              end, Children).

%% A message that is not archived comes back from who is away: from who is there for him as well.
offline_message({bounce, #message{from = From, to = To} = Message} = Bounced) ->
    case kontor_visibility:sees(From, bare(To)) of
        true -> Bounced;
        false -> {stop, {drop, Message}}
    end;
offline_message(Other) -> Other.

%% XEP-0030: the devices of a contact.
disco_sm_items({result, Items}, From, To, _Node, _Lang) ->
    case kontor_visibility:sees(From, bare(To)) of
        true -> {result, Items};
        false -> {result, [Item || #disco_item{jid = #jid{lresource = <<>>}} = Item <- Items]}
    end;
disco_sm_items(Other, _, _, _, _) -> Other.

%% Sessions ------------------------------------------------------------------------------------------------------------

rules_changed(Host) ->
    [settle_later(Name, Host, Resource) || {Name, _, Resource} <- ejabberd_sm:get_vh_session_list(Host)],
    ok.

people_changed(Host, Names) ->
    [settle_later(Name, Host, Resource) || Name <- Names, Resource <- ejabberd_sm:get_user_resources(Name, Host)],
    ok.

settle_later(Name, Host, Resource) ->
    case ejabberd_sm:get_session_pid(Name, Host, Resource) of
        none -> ok;
        Session -> Session ! ?SETTLE
    end.

%% What a client says next goes to who sees him now; who does not any more must have been told so first.
user_send_packet({#presence{type = Type, to = To} = Presence, #{jid := Own} = State}) ->
    note_parting([To || not lists:member(Type, [available, unavailable])], Own),
    {Presence, note_view(settle(State))};
user_send_packet({#iq{type = set, sub_els = [Child]} = Request, #{jid := Own} = State}) ->
    note_parting(case ns(Child) of
                     ?NS_ROSTER -> roster_items(Child);
                     _ -> []
                 end, Own),
    {Request, State};
user_send_packet(Other) ->
    note_parting([], none),
    Other.

roster_items(Query) ->
    {xmlel, _, _, Items} = xmpp:encode(Query),
    Addresses = [fxml:get_tag_attr_s(<<"jid">>, Item) || {xmlel, _, _, _} = Item <- Items],
    [Jid || Address <- Addresses, Jid <- try [jid:decode(Address)] catch _:_ -> [] end].

note_parting([], _) -> erase(?PARTING);
note_parting(Others, Own) ->
    put(?PARTING, [{Seen, Viewer}
                   || Other <- Others,
                      {One, Two} <- [{Own, Other}, {Other, Own}],
                      Seen <- [kontor_visibility:person(One)],
                      Viewer <- [kontor_visibility:person(Two)],
                      Seen =/= none, Viewer =/= none, kontor_visibility:view(Seen, Viewer) =/= hidden]).

is_parting(Seen, Viewer) ->
    case get(?PARTING) of
        undefined -> false;
        Pairs -> lists:member({Seen, Viewer}, Pairs)
    end.

note_view(#{jid := #jid{luser = Name, lserver = Host}} = State) ->
    State#{kontor_view => kontor_visibility:of_person(Host, Name)}.

c2s_handle_info(State, ?SETTLE) -> {stop, settle(State)};
c2s_handle_info(State, _) -> State.

c2s_terminated(State, _Reason) -> settle(State).

%% A stream that is resumed (XEP-0198).
c2s_copy_session(State, #{kontor_view := View}) -> State#{kontor_view => View};
c2s_copy_session(State, _) -> State.

%% Tells who sees this session differently from now on.
settle(#{kontor_view := Was, jid := #jid{luser = Name, lserver = Host} = Own} = State) ->
    case kontor_visibility:of_person(Host, Name) of
        Was -> State;
        Is ->
            [approve_pending(Own) || kontor_visibility:is_for_all(Is), not kontor_visibility:is_for_all(Was)],
            [tell(State, Was, Is, Viewer, Address, ByRoster)
             || {Address, ByRoster} <- viewers(State),
                Viewer <- [kontor_visibility:person(Address)],
                Viewer =/= none, Viewer =/= {Name, Host}, is_online(Viewer)],
            State#{kontor_view := Is}
    end;
settle(State) -> State.

is_online({Name, Host}) -> ejabberd_sm:get_user_resources(Name, Host) =/= [].

%% All who got or get presence of this session: by the roster, else directed.
viewers(#{jid := #jid{luser = Name, lserver = Host}, pres_a := Directed}) ->
    Roster = ejabberd_hooks:run_fold(roster_get, Host, [], [{Name, Host}]),
    Contacts = [jid:tolower(Jid) || #roster_item{jid = Jid, subscription = Subscription} <- Roster,
                                    Subscription =:= from orelse Subscription =:= both],
    [{Contact, true} || Contact <- lists:usort(Contacts)]
        ++ [{Address, false} || Address <- gb_sets:to_list(Directed), not lists:member(Address, Contacts)].

tell(#{jid := Own} = State, Was, Is, Viewer, Address, ByRoster) ->
    #jid{luser = Name, lserver = Host} = Own,
    Saw = kontor_visibility:allows(Was, Name, Host, Viewer),
    Sees = kontor_visibility:allows(Is, Name, Host, Viewer),
    IsOther = maps:with([hide, show, status], Was) =/= maps:with([hide, show, status], Is),
    To = jid:make(Address),
    case State of
        #{pres_last := Last, pres_timestamp := Since} when Sees andalso (not Saw orelse IsOther) ->
            Stamped = misc:add_delay_info(Last, jid:make(Host), Since),
            ejabberd_router:route(xmpp:set_from_to(Stamped, Own, To)),
            % What this person does (PEP) as well.
            [ejabberd_hooks:run(presence_probe_hook, Host, [address(Viewer), Own, self()]) || not Saw];
        #{} when Saw andalso not Sees ->
            Gone = #presence{type = unavailable, from = Own, to = To},
            [ejabberd_router:route(xmpp:put_meta(Gone, ?MODULE, blind))
             || maps:is_key(pres_last, State) orelse not ByRoster];
        _ -> ok
    end.
