%% Keeps the tenants of one server apart, as mod_kontor_tenants.lua does in Prosody.
%% In:  option tenants: {"tenant domain": ["partner domain", ...]}, the same for every host.
%% Out: stanzas between domains of different tenants are answered with <forbidden type='auth'/>, unless each of the two
%%      lists the other. A tenant's domains are its own and all below it. Domains of no tenant talk to none.
%% The hook of the router sees everything that is sent on, whoever sends it; that of clients comes before their roster is
%% touched.
-module(mod_kontor_tenants).

-export([start/2, stop/1, reload/3, depends/2, mod_opt_type/1, mod_options/1, mod_doc/0]).
-export([filter_packet/1, user_send_packet/1]).

-define(TENANTS, {?MODULE, tenants}).
-define(REFUSING, {?MODULE, refusing}).
-define(FIRST, 1).

start(Host, Options) ->
    learn(Options),
    ejabberd_hooks:add(filter_packet, ?MODULE, filter_packet, ?FIRST),
    ejabberd_hooks:add(user_send_packet, Host, ?MODULE, user_send_packet, ?FIRST),
    ok.

%% The router's hook stays: the other hosts need it. Components of a tenant go with its host.
stop(Host) ->
    ejabberd_hooks:delete(user_send_packet, Host, ?MODULE, user_send_packet, ?FIRST),
    kontor_hold:host_down(Host).

reload(_Host, Options, _Old) ->
    learn(Options).

depends(_Host, _Options) -> [].

mod_opt_type(tenants) ->
    econf:map(econf:domain(), econf:list(econf:domain())).

mod_options(_Host) -> [{tenants, []}].

mod_doc() -> #{desc => "Keeps the tenants of one server apart."}.

learn(Options) ->
    Given = gen_mod:get_opt(tenants, Options),
    persistent_term:put(?TENANTS, maps:from_list(Given)).

filter_packet(drop) -> drop;
filter_packet(Packet) ->
    case get(?REFUSING) =:= true orelse allowed(Packet) of
        true -> Packet;
        false -> refuse(Packet), drop
    end.

user_send_packet({drop, _} = Dropped) -> Dropped;
user_send_packet({Packet, State}) ->
    case allowed(Packet) of
        true -> {Packet, State};
        false -> refuse(Packet), {stop, {drop, State}}
    end.

allowed(Packet) ->
    may_talk(domain(xmpp:get_from(Packet)), domain(xmpp:get_to(Packet))).

domain(undefined) -> undefined;
domain(Jid) -> element(2, jid:tolower(Jid)).

may_talk(undefined, _) -> true;
may_talk(_, undefined) -> true;
may_talk(Same, Same) -> true;
may_talk(From, To) ->
    Tenants = persistent_term:get(?TENANTS, #{}),
    case {tenant(From, Tenants), tenant(To, Tenants)} of
        {none, _} -> false;
        {_, none} -> false;
        {Same, Same} -> true;
        {One, Other} -> consents(One, Other, Tenants) andalso consents(Other, One, Tenants)
    end.

consents(One, Other, Tenants) ->
    lists:member(Other, maps:get(One, Tenants)).

%% The longest of the tenants' domains that it is or lies below.
tenant(Domain, Tenants) ->
    case maps:is_key(Domain, Tenants) of
        true -> Domain;
        false ->
            case binary:split(Domain, <<".">>) of
                [_, Above] -> tenant(Above, Tenants);
                _ -> none
            end
    end.

%% Never an error to an answer, and none to presence that asks for none. It goes back the way that is closed.
refuse(Packet) ->
    case lists:member(xmpp:get_type(Packet), [error, result, unavailable, probe, unsubscribed]) of
        true -> ok;
        false ->
            Text = <<"The other side belongs to another tenant; both must agree to talk to each other">>,
            put(?REFUSING, true),
            try ejabberd_router:route_error(Packet, xmpp:err_forbidden(Text, <<"en">>))
            after erase(?REFUSING)
            end
    end.
