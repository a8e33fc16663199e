%% Tells a tenant's presence component who is there, as mod_privilege and mod_kontor_presence.lua do in Prosody. ejabberd's
%% mod_privilege forwards what clients say only: who was online before the stream would be seen from the next change on,
%% and whose connection is lost would never go.
%% In:  the stream of presence.<host> came up. iq get from it, where it is granted presence (XEP-0356), of
%%      urn:kontor:presence:1: <sessions after='' limit=''/> and <contacts local='' after='' limit=''/>.
%% Out: the presence of each session of the host, stamped with the time since when it is so (XEP-0203). Each session
%%      tells its own, so that none comes behind a newer one; also that it went with its connection.
%%      <sessions next=''> with the same by pages of whole people, with partial='true' without what is too long, and
%%      <many local=''/> of who has more sessions than are told; <contacts next=''> with <item jid=''/> of each whose
%%      presence the person gets. No next: that was all.
%%      A message with <rosters><person local=''/></rosters> of whose contacts may have changed.
-module(mod_kontor_presence).

-include_lib("p1_xmpp/include/xmpp.hrl").

-export([start/2, stop/1, reload/3, depends/2, mod_options/1, mod_doc/0]).
-export([component_connected/1, c2s_handle_info/2, c2s_terminated/2, decode_iq_subel/1, process_iq/1]).
-export([roster_in_subscription/2, roster_out_subscription/1, roster_process_item/2, tell_roster/2]).
-export([is_granted/2]).

-define(NS, <<"urn:kontor:presence:1">>).
-define(LATE, 90).
-define(FIRST, 1).
-define(MOST, 1_000).
-define(MOST_BYTES, 100_000).
%% Of what is longer nobody would show more.
-define(MOST_BYTES_EACH, 3_000).
-define(MOST_SESSIONS, 40).
-define(SAID, [<<"show">>, <<"status">>, <<"priority">>, <<"idle">>, <<"c">>, <<"delay">>]).
-define(SESSION_MS, 2_000).
%% What is about to be handled may change a roster.
-define(TELL_MS, 200).

start(Host, _Options) ->
    ejabberd_hooks:add(component_connected, ?MODULE, component_connected, ?LATE),
    each(fun ejabberd_hooks:add/5, Host),
    gen_iq_handler:add_iq_handler(ejabberd_local, Host, ?NS, ?MODULE, process_iq),
    ok.

%% The hook of components stays: the other hosts need it.
stop(Host) ->
    gen_iq_handler:remove_iq_handler(ejabberd_local, Host, ?NS),
    each(fun ejabberd_hooks:delete/5, Host).

each(Do, Host) ->
    [Do(Hook, Host, ?MODULE, Hook, Priority)
     || {Hook, Priority} <- [{c2s_handle_info, ?FIRST},
                             % After who lets another process go on with the session, before the server forgets it.
                             {c2s_terminated, ?LATE},
                             % Before who takes a subscription for settled.
                             {roster_in_subscription, ?FIRST},
                             {roster_out_subscription, ?FIRST},
                             {roster_process_item, ?FIRST}]],
    ok.

reload(_Host, _Options, _Old) -> ok.

depends(_Host, _Options) -> [{mod_privilege, hard}].

mod_options(_Host) -> [].

mod_doc() -> #{desc => "Tells a tenant's presence component who is there."}.

%% Whether it is the presence component of the host, to which the host grants presence.
is_granted(#jid{luser = <<>>, lserver = <<"presence.", Host/binary>>, lresource = <<>>} = From, Host) ->
    Granted = gen_mod:get_module_opt(Host, mod_privilege, presence),
    lists:any(fun({_, Access}) -> acl:match_rule(Host, Access, From) =:= allow end, Granted);
is_granted(_, _) -> false.

%% By itself ------------------------------------------------------------------------------------------------------------

component_connected(<<"presence.", Host/binary>> = Component) ->
    case ejabberd_router:is_my_host(Host) andalso gen_mod:is_loaded(Host, ?MODULE) of
        true ->
            [Session ! {?MODULE, tell, Component}
             || {User, _, Resource} <- ejabberd_sm:get_vh_session_list(Host),
                Session <- [ejabberd_sm:get_session_pid(User, Host, Resource)], Session =/= none],
            ok;
        false -> ok
    end;
component_connected(_) -> ok.

c2s_handle_info(#{jid := Own} = State, {?MODULE, tell, Component}) ->
    [ejabberd_router:route(xmpp:set_from_to(Presence, Own, jid:make(Component))) || Presence <- stamped(State)],
    {stop, State};
c2s_handle_info(State, {?MODULE, ask, Asker, Mark}) ->
    Asker ! {Mark, stamped(State)},
    {stop, State};
c2s_handle_info(State, _) -> State.

stamped(#{pres_last := Presence, pres_timestamp := Since, lserver := Host}) ->
    [misc:add_delay_info(Presence, jid:make(Host), Since)];
stamped(_) -> [].

c2s_terminated(#{pres_last := _, jid := Own, lserver := Host} = State, _Reason) ->
    to_component(Host, #presence{type = unavailable, from = Own}),
    State;
c2s_terminated(State, _) -> State.

to_component(Host, Stanza) ->
    Component = <<"presence.", Host/binary>>,
    [ejabberd_router:route(xmpp:set_to(Stanza, jid:make(Component))) || ejabberd_router:is_my_route(Component)],
    ok.

roster_in_subscription(Known, #presence{to = To}) -> touched(To), Known.

roster_out_subscription(#presence{from = From}) -> touched(From), ok.

%% Of a record #roster{}, which is the server's own.
roster_process_item(Item, _Host) ->
    {User, Host} = element(3, Item),
    touched(jid:make(User, Host)),
    Item.

touched(#jid{luser = User, lserver = Host}) -> timer:apply_after(?TELL_MS, ?MODULE, tell_roster, [User, Host]).

tell_roster(User, Host) ->
    Told = {xmlel, <<"rosters">>, [{<<"xmlns">>, ?NS}], [{xmlel, <<"person">>, [{<<"local">>, User}], []}]},
    to_component(Host, #message{from = jid:make(Host), sub_els = [Told]}).

%% When it is asked -----------------------------------------------------------------------------------------------------

decode_iq_subel(Element) -> Element.

process_iq(#iq{type = get, from = From, to = #jid{lserver = Host}, sub_els = [Question]} = Request) ->
    case is_granted(From, Host) of
        true ->
            % Sessions are asked, each a process: the stream goes on meanwhile.
            spawn(fun() -> ejabberd_router:route(answer(Request, Question, Host)) end),
            ignore;
        false -> xmpp:make_error(Request, xmpp:err_forbidden())
    end;
process_iq(Request) -> xmpp:make_error(Request, xmpp:err_service_unavailable()).

answer(Request, {xmlel, <<"sessions">>, _, _} = Question, Host) ->
    After = fxml:get_tag_attr_s(<<"after">>, Question),
    Sessions = lists:foldl(fun({User, _, Resource}, All) when User > After ->
                                   maps:update_with(User, fun(Others) -> [Resource | Others] end, [Resource], All);
                              (_, All) -> All
                           end, #{}, ejabberd_sm:get_vh_session_list(Host)),
    {Children, Next} = page(lists:sort(maps:to_list(Sessions)), Host, limit(Question), ?MOST_BYTES, []),
    result(Request, <<"sessions">>, Children, Next);
answer(Request, {xmlel, <<"contacts">>, _, _} = Question, Host) ->
    User = fxml:get_tag_attr_s(<<"local">>, Question),
    After = fxml:get_tag_attr_s(<<"after">>, Question),
    Limit = limit(Question),
    Roster = ejabberd_hooks:run_fold(roster_get, Host, [], [{User, Host}]),
    All = lists:usort([jid:encode(jid:remove_resource(Jid))
                       || #roster_item{jid = Jid, subscription = Subscription} <- Roster,
                          Subscription =:= to orelse Subscription =:= both]),
    Left = [Contact || Contact <- All, Contact > After],
    Page = lists:sublist(Left, Limit),
    Next = case length(Left) > Limit of
               true -> lists:last(Page);
               false -> none
           end,
    result(Request, <<"contacts">>, [{xmlel, <<"item">>, [{<<"jid">>, Contact}], []} || Contact <- Page], Next);
answer(Request, _, _) -> xmpp:make_error(Request, xmpp:err_bad_request()).

limit(Question) ->
    try binary_to_integer(fxml:get_tag_attr_s(<<"limit">>, Question)) of
        Limit -> max(1, min(?MOST, Limit))
    catch _:_ -> ?MOST
    end.

result(Request, Name, Children, Next) ->
    Attributes = [{<<"xmlns">>, ?NS} | [{<<"next">>, Next} || Next =/= none]],
    xmpp:make_iq_result(Request, {xmlel, Name, Attributes, Children}).

%% Whole people, until there are enough of their sessions.
page([], _, _, _, Told) -> {lists:append(lists:reverse(Told)), none};
page([{User, Resources} | Others], Host, Limit, Bytes, Told) ->
    Some = lists:sublist(Resources, ?MOST_SESSIONS),
    Sessions = [told(Resource, Presence, User, Host) || Resource <- Some, Presence <- ask(User, Host, Resource)],
    Many = [{xmlel, <<"many">>, [{<<"local">>, User}], []} || length(Resources) > ?MOST_SESSIONS],
    LimitLeft = Limit - length(Sessions),
    BytesLeft = Bytes - lists:sum([byte_size(fxml:element_to_binary(Each)) || Each <- Sessions]),
    case Others =/= [] andalso (LimitLeft =< 0 orelse BytesLeft =< 0) of
        true -> {lists:append(lists:reverse([Many ++ Sessions | Told])), User};
        false -> page(Others, Host, LimitLeft, BytesLeft, [Many ++ Sessions | Told])
    end.

ask(User, Host, Resource) ->
    case ejabberd_sm:get_session_pid(User, Host, Resource) of
        none -> [];
        Session ->
            Mark = monitor(process, Session),
            Session ! {?MODULE, ask, self(), Mark},
            receive
                {Mark, Presence} -> demonitor(Mark, [flush]), Presence;
                {'DOWN', Mark, _, _, _} -> []
            after ?SESSION_MS -> exit({silent, Session})
            end
    end.

told(Resource, Presence, User, Host) ->
    {xmlel, Name, _, Children} = xmpp:encode(Presence),
    From = {<<"from">>, jid:encode(jid:make(User, Host, Resource))},
    Whole = {xmlel, Name, [From], [Child || {xmlel, Called, _, _} = Child <- Children, lists:member(Called, ?SAID)]},
    case byte_size(fxml:element_to_binary(Whole)) =< ?MOST_BYTES_EACH of
        true -> Whole;
        false ->
            Show = [Child || {xmlel, <<"show">>, _, _} = Child <- Children],
            {xmlel, Name, [From, {<<"partial">>, <<"true">>}], Show}
    end.
