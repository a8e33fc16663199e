%% Who of a tenant is seen by whom in rosters, and what is shown in place of what clients say: the rules of
%% mod_kontor_visibility.lua, told in the same words.
%% In:  iq of type set from presence.<host>, to which mod_privilege grants presence here, urn:kontor:visibility:1:
%%      <rules within='everyone|contacts|groups|nobody' partners='everyone|contacts|nobody' hide-times='true|false'/>
%%      <people [part='1' parts='3']> with up to 1,000 <person local='' [audience=''] [hide-times='true'] [show='']
%%      [status='']/>. Without parts: these people from now on. With: all people that differ from the rules; it takes
%%      effect with the last part, and whom none of them names is as the rules have it.
%%      Option feed_seconds: a component that is away so long is dead, and nobody is in a meeting for its sake (60).
%% Out: what kontor_visibility_hooks does.
%% One process a host takes what is told.
-module(mod_kontor_visibility).
-behaviour(gen_server).

-include_lib("p1_xmpp/include/xmpp.hrl").

-export([start/2, stop/1, reload/3, depends/2, mod_opt_type/1, mod_options/1, mod_doc/0]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).
-export([decode_iq_subel/1, process_iq/1, remove_user/2]).

-define(NS, <<"urn:kontor:visibility:1">>).
-define(MOST_AT_ONCE, 1_000).
-define(MOST_PEOPLE, 100_000).
-define(MOST_STATUS_BYTES, 2_000).

%% gathered: all people, as they come part by part over one stream. silent: how often the component was found to be away.
-record(state, {host, half, gathered = none, silent = 0}).

start(Host, Options) -> gen_mod:start_child(?MODULE, Host, Options).

stop(Host) -> gen_mod:stop_child(?MODULE, Host).

reload(Host, Options, _Old) -> gen_server:cast(process(Host), {half, half_feed(Options)}).

depends(_Host, _Options) -> [{mod_roster, hard}, {mod_kontor_presence, hard}].

mod_opt_type(feed_seconds) -> econf:pos_int().

mod_options(_Host) -> [{feed_seconds, 60}].

mod_doc() -> #{desc => "Who of a tenant is seen by whom, as its presence component tells."}.

process(Host) -> gen_mod:get_module_proc(Host, ?MODULE).

half_feed(Options) -> gen_mod:get_opt(feed_seconds, Options) * 500.

%% The door -------------------------------------------------------------------------------------------------------------

decode_iq_subel(Element) -> Element.

process_iq(#iq{type = set, from = From, to = #jid{lserver = Host}, sub_els = [Element]} = Request) ->
    case mod_kontor_presence:is_granted(From, Host) of
        false -> xmpp:make_error(Request, xmpp:err_forbidden());
        true ->
            case read(Element) of
                {error, Why} -> xmpp:make_error(Request, xmpp:err_bad_request(Why, <<"en">>));
                Told -> answer(Request, gen_server:call(process(Host), Told, 30_000))
            end
    end;
process_iq(Request) -> xmpp:make_error(Request, xmpp:err_service_unavailable()).

answer(Request, ok) -> xmpp:make_iq_result(Request);
answer(Request, disorder) ->
    xmpp:make_error(Request, xmpp:err_unexpected_request(<<"Parts begin with 1 and follow each other">>, <<"en">>));
answer(Request, full) ->
    xmpp:make_error(Request, xmpp:err_resource_constraint(<<"More people are not kept">>, <<"en">>)).

read({xmlel, <<"rules">>, _, _} = Element) ->
    Within = kontor_visibility:rank(attribute(<<"within">>, Element)),
    Partners = kontor_visibility:rank(attribute(<<"partners">>, Element)),
    Hide = boolean(attribute(<<"hide-times">>, Element)),
    case lists:member(none, [Within, Partners, Hide]) of
        true -> {error, <<"within, partners and hide-times say who sees people">>};
        false -> {rules, {Within, Partners, Hide}}
    end;
read({xmlel, <<"people">>, _, Children} = Element) ->
    Part = number(attribute(<<"part">>, Element)),
    Parts = number(attribute(<<"parts">>, Element)),
    People = [person(Child) || {xmlel, _, _, _} = Child <- Children],
    Wrong = lists:member(none, [Part, Parts | People]) orelse (Part =:= undefined) =/= (Parts =:= undefined),
    case Wrong orelse length(People) > ?MOST_AT_ONCE of
        true -> {error, <<"At most 1,000 <person/> with a local part and what is known of them">>};
        false when Part =:= undefined -> {people, People};
        false -> {part, Part, Parts, People, self()}
    end;
read(_) -> {error, <<"<rules/> or <people/> is told here">>}.

%% One <person/>: his name and what is his own.
person({xmlel, <<"person">>, _, _} = Element) ->
    Name = case attribute(<<"local">>, Element) of
               undefined -> none;
               Local -> jid:nodeprep(Local)
           end,
    Own = [{audience, kontor_visibility:rank(V)} || V <- [attribute(<<"audience">>, Element)], V =/= undefined]
        ++ [{hide, boolean(V)} || V <- [attribute(<<"hide-times">>, Element)], V =/= undefined]
        ++ [{show, show(V)} || V <- [attribute(<<"show">>, Element)], V =/= undefined]
        ++ [{status, status(V)} || V <- [attribute(<<"status">>, Element)], V =/= undefined],
    case lists:member(Name, [none, error, <<>>]) orelse lists:keymember(none, 2, Own) of
        true -> none;
        false -> {Name, maps:from_list(lists:delete({hide, false}, Own))}
    end;
person(_) -> none.

attribute(Name, Element) ->
    case fxml:get_tag_attr(Name, Element) of
        {value, Value} -> Value;
        false -> undefined
    end.

boolean(<<"true">>) -> true;
boolean(<<"false">>) -> false;
boolean(_) -> none.

number(undefined) -> undefined;
number(Text) -> try binary_to_integer(Text) catch _:_ -> none end.

show(<<"chat">>) -> chat;
show(<<"away">>) -> away;
show(<<"dnd">>) -> dnd;
show(<<"xa">>) -> xa;
show(_) -> none.

status(Text) when Text =/= <<>>, byte_size(Text) =< ?MOST_STATUS_BYTES -> Text;
status(_) -> none.

remove_user(User, Host) ->
    gen_server:call(process(Host), {people, [{jid:nodeprep(User), #{}}]}, 30_000),
    ok.

%% The process ----------------------------------------------------------------------------------------------------------

init([Host, Options]) ->
    process_flag(trap_exit, true),
    kontor_visibility:open(),
    kontor_visibility_hooks:add(Host),
    ejabberd_hooks:add(remove_user, Host, ?MODULE, remove_user, 60),
    gen_iq_handler:add_iq_handler(ejabberd_local, Host, ?NS, ?MODULE, process_iq),
    {ok, look_again(#state{host = Host, half = half_feed(Options)})}.

handle_call({rules, Rules}, _From, #state{host = Host} = State) ->
    [kontor_visibility_hooks:rules_changed(Host) || kontor_visibility:set_rules(Host, Rules)],
    {reply, ok, State};
handle_call({people, People}, _From, #state{host = Host} = State) ->
    Known = kontor_visibility:names(Host),
    New = [Name || {Name, Own} <- People, Own =/= #{}] -- Known,
    case New =/= [] andalso length(Known) + length(New) > ?MOST_PEOPLE of
        true -> {reply, full, State};
        false -> {reply, ok, take(People, State)}
    end;
handle_call({part, 1, Parts, People, Stream}, _From, State) ->
    gather(1, Parts, People, Stream, [], State);
handle_call({part, Part, Parts, People, Stream}, _From, #state{gathered = {Stream, Part, Parts, Before}} = State) ->
    gather(Part, Parts, People, Stream, Before, State);
handle_call({part, _, _, _, _}, _From, State) ->
    {reply, disorder, State#state{gathered = none}}.

gather(Part, Parts, _, _, _, State) when Part > Parts ->
    {reply, disorder, State#state{gathered = none}};
gather(Part, Parts, People, Stream, Before, #state{host = Host} = State) ->
    All = People ++ Before,
    if
        length(All) > ?MOST_PEOPLE -> {reply, full, State#state{gathered = none}};
        Part < Parts -> {reply, ok, State#state{gathered = {Stream, Part + 1, Parts, All}}};
        true ->
            Named = maps:from_list(All),
            Others = [{Name, #{}} || Name <- kontor_visibility:names(Host), not maps:is_key(Name, Named)],
            {reply, ok, take(Others ++ maps:to_list(Named), State#state{gathered = none})}
    end.

take(People, #state{host = Host} = State) ->
    kontor_visibility_hooks:people_changed(Host, kontor_visibility:set_people(Host, People)),
    State.

handle_cast({half, Half}, State) -> {noreply, State#state{half = Half}}.

%% Nobody tells that a meeting is over once the feed is dead.
handle_info(look, #state{host = Host, silent = Before} = State) ->
    Silent = case ejabberd_router:is_my_route(<<"presence.", Host/binary>>) of
                 true -> 0;
                 false -> Before + 1
             end,
    [kontor_visibility_hooks:people_changed(Host, kontor_visibility:hide_shows(Host)) || Silent =:= 2],
    {noreply, look_again(State#state{silent = Silent})};
handle_info(_, State) -> {noreply, State}.

look_again(#state{half = Half} = State) ->
    erlang:send_after(Half, self(), look),
    State.

terminate(_Reason, #state{host = Host}) ->
    gen_iq_handler:remove_iq_handler(ejabberd_local, Host, ?NS),
    ejabberd_hooks:delete(remove_user, Host, ?MODULE, remove_user, 60),
    kontor_visibility_hooks:delete(Host).
