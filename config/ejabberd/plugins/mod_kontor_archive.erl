%% Keeps clients from searching their own archives by words over XMPP. mod_mam (23.01) offers that (`withtext`) wherever
%% archives lie in SQL, asks PostgreSQL in MySQL's words, and writes the failed statement with the words to its log.
%% In:  queries of XEP-0313 of the host's people to their own accounts; those to rooms are none of its business.
%% Out: one with the field withtext, or the element of old clients, is answered with <feature-not-implemented/>; the form does not offer the field.
-module(mod_kontor_archive).

-export([start/2, stop/1, reload/3, depends/2, mod_options/1, mod_doc/0]).
-export([user_send_packet/1, user_receive_packet/1]).

%% Behind the wall between tenants.
-define(EARLY, 5).
-define(LATE, 90).

start(Host, _Options) ->
    ejabberd_hooks:add(user_send_packet, Host, ?MODULE, user_send_packet, ?EARLY),
    ejabberd_hooks:add(user_receive_packet, Host, ?MODULE, user_receive_packet, ?LATE),
    ok.

stop(Host) ->
    ejabberd_hooks:delete(user_receive_packet, Host, ?MODULE, user_receive_packet, ?LATE),
    ejabberd_hooks:delete(user_send_packet, Host, ?MODULE, user_send_packet, ?EARLY),
    ok.

reload(_Host, _Options, _Old) -> ok.

depends(_Host, _Options) -> [{mod_mam, hard}].

mod_options(_Host) -> [].

mod_doc() -> #{desc => "Keeps clients from a search that mod_mam cannot carry out."}.

user_send_packet({Packet, State}) when element(1, Packet) =:= iq ->
    Queries = [Child || {xmlel, <<"query">>, _, _} = Child <- xmpp:get_els(Packet)],
    case lists:any(fun is_search/1, Queries) andalso is_to_own_server(Packet) of
        true ->
            Text = <<"Search one's own messages by the API">>,
            ejabberd_router:route_error(Packet, xmpp:err_feature_not_implemented(Text, <<"en">>)),
            {stop, {drop, State}};
        false -> {Packet, State}
    end;
user_send_packet(Unchanged) -> Unchanged.

user_receive_packet({Packet, State}) when element(1, Packet) =:= iq ->
    {xmpp:set_els(Packet, [without_search(Child) || Child <- xmpp:get_els(Packet)]), State};
user_receive_packet(Unchanged) -> Unchanged.

%% Components, such as rooms, have domains that are no hosts.
is_to_own_server(Packet) ->
    ejabberd_router:is_my_host(element(2, jid:tolower(xmpp:get_to(Packet)))).

is_search({xmlel, _, _, Children} = Query) ->
    is_archive(Query) andalso
        lists:any(fun({xmlel, <<"x">>, _, Fields}) -> lists:any(fun is_words/1, Fields);
                     ({xmlel, <<"withtext">>, _, _}) -> true;
                     (_) -> false
                  end, Children).

%% The form is mod_mam's own record until it is written.
without_search(Child) when element(1, Child) =:= mam_query ->
    {xmlel, Name, Attributes, Children} = xmpp:encode(Child),
    Kept = [case Each of
                {xmlel, <<"x">>, Of, Fields} -> {xmlel, <<"x">>, Of, [Field || Field <- Fields, not is_words(Field)]};
                _ -> Each
            end || Each <- Children],
    {xmlel, Name, Attributes, Kept};
without_search(Child) -> Child.

is_archive(Query) ->
    case fxml:get_tag_attr_s(<<"xmlns">>, Query) of
        <<"urn:xmpp:mam:", _/binary>> -> true;
        _ -> false
    end.

is_words({xmlel, <<"field">>, _, _} = Field) -> fxml:get_tag_attr_s(<<"var">>, Field) =:= <<"withtext">>;
is_words(_) -> false.
