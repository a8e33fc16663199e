%% One stanza of a component for many receivers: parsed and checked once, as mod_kontor_fanout.lua does it in Prosody.
%% In:  <message/> or <presence/> from a component to its own domain, with a child <fanout xmlns='urn:kontor:fanout:0'/>
%%      whose text holds full addresses, one a line (kontor_component hands it here).
%% Out: the stanza without that child to each of them, on the server's own way: blocking, carbons and the tenants' wall
%%      see each copy. The tenants' hosts tell of it by the feature urn:kontor:fanout:0.
-module(mod_kontor_fanout).

-export([start/2, stop/1, reload/3, depends/2, mod_options/1, mod_doc/0]).
-export([take/1, copy/2, disco_local_features/5]).

-define(NS, <<"urn:kontor:fanout:0">>).

start(Host, _Options) ->
    ejabberd_hooks:add(disco_local_features, Host, ?MODULE, disco_local_features, 50),
    ok.

stop(Host) ->
    ejabberd_hooks:delete(disco_local_features, Host, ?MODULE, disco_local_features, 50),
    ok.

reload(_Host, _Options, _Old) -> ok.

depends(_Host, _Options) -> [{mod_disco, hard}].

mod_options(_Host) -> [].

mod_doc() -> #{desc => "Copies a component's stanza for many receivers."}.

disco_local_features({error, _} = Refused, _, _, _, _) -> Refused;
disco_local_features(Known, _From, _To, <<>>, _Lang) ->
    case Known of
        {result, Features} -> {result, [?NS | Features]};
        empty -> {result, [?NS]}
    end;
disco_local_features(Known, _, _, _, _) -> Known.

%% The receivers that a stanza lists, and the stanza without the list; `none` when it lists none.
take(Packet) ->
    IsList = fun({xmlel, <<"fanout">>, _, _} = Child) -> fxml:get_tag_attr_s(<<"xmlns">>, Child) =:= ?NS;
                (_) -> false
             end,
    case lists:partition(IsList, xmpp:get_els(Packet)) of
        {[], _} -> {none, Packet};
        {[List | _], Others} ->
            Lines = binary:split(fxml:get_tag_cdata(List), <<"\n">>, [global, trim_all]),
            {Lines, xmpp:set_els(Packet, Others)}
    end.

copy(Packet, Receivers) ->
    lists:foreach(fun(Receiver) -> ejabberd_router:route(xmpp:set_to(Packet, jid:decode(Receiver))) end, Receivers).
