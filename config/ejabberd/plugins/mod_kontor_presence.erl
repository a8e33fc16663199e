%% Tells a tenant's presence component who is there when its stream starts, as mod_privilege of Prosody does; ejabberd's
%% forwards changes only, so whoever was online already would be seen from the next change on.
%% In:  the stream of presence.<host> came up.
%% Out: the presence of each session of the host, stamped with the time since when it is so (XEP-0203). Each session
%%      tells its own, so that none comes behind a newer one.
-module(mod_kontor_presence).

-export([start/2, stop/1, reload/3, depends/2, mod_options/1, mod_doc/0]).
-export([component_connected/1, c2s_handle_info/2]).

-define(LATE, 90).
-define(FIRST, 1).

start(Host, _Options) ->
    ejabberd_hooks:add(component_connected, ?MODULE, component_connected, ?LATE),
    ejabberd_hooks:add(c2s_handle_info, Host, ?MODULE, c2s_handle_info, ?FIRST),
    ok.

%% The hook of components stays: the other hosts need it.
stop(Host) ->
    ejabberd_hooks:delete(c2s_handle_info, Host, ?MODULE, c2s_handle_info, ?FIRST),
    ok.

reload(_Host, _Options, _Old) -> ok.

depends(_Host, _Options) -> [{mod_privilege, hard}].

mod_options(_Host) -> [].

mod_doc() -> #{desc => "Tells a tenant's presence component who is there when its stream starts."}.

component_connected(<<"presence.", Host/binary>> = Component) ->
    case ejabberd_router:is_my_host(Host) andalso gen_mod:is_loaded(Host, ?MODULE) of
        true ->
            lists:foreach(
              fun({User, _, Resource}) ->
                      case ejabberd_sm:get_session_pid(User, Host, Resource) of
                          none -> ok;
                          Session -> Session ! {?MODULE, tell, Component}
                      end
              end, ejabberd_sm:get_vh_session_list(Host));
        false -> ok
    end;
component_connected(_) -> ok.

c2s_handle_info(State, {?MODULE, tell, Component}) ->
    case State of
        #{pres_last := Presence, pres_timestamp := Since, jid := Own, lserver := Host} ->
            Stamped = misc:add_delay_info(Presence, jid:make(Host), Since),
            ejabberd_router:route(xmpp:set_from_to(Stamped, Own, jid:make(Component)));
        _ -> ok
    end,
    {stop, State};
c2s_handle_info(State, _) -> State.
