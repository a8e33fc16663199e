%% Who may see whom: the rules that a tenant's host was told, and what is in force of a person (mod_kontor_visibility).
%% The rules and what people hide lie in the table kontor_visibility on disk; what is shown in place of what clients say
%% is of the moment, and lies in memory alone.
-module(kontor_visibility).

-export([open/0, told/1, names/1, set_rules/2, set_people/2, hide_shows/1]).
-export([rank/1, person/1, of_person/2, allows/4, is_for_all/1, sees/2, view/2, is_contact/3]).

-define(KEPT, ?MODULE).
-define(SHOWN, kontor_visibility_shown).
%% From the widest to the narrowest.
-define(EVERYONE, 1).
-define(CONTACTS, 2).
-define(NOBODY, 4).
%% As any server has it, until it is told: partners' people see who has approved them.
-define(USUAL, {?EVERYONE, ?CONTACTS, false}).

rank(<<"everyone">>) -> ?EVERYONE;
rank(<<"contacts">>) -> ?CONTACTS;
rank(<<"groups">>) -> 3;
rank(<<"nobody">>) -> ?NOBODY;
rank(_) -> none.

open() ->
    {atomic, ok} = ejabberd_mnesia:create(?MODULE, ?KEPT, [{disc_copies, [node()]}, {attributes, [key, what]}]),
    catch ets:new(?SHOWN, [named_table, public, {read_concurrency, true}, {heir, erlang:group_leader(), none}]),
    ok.

%% What is told ------------------------------------------------------------------------------------------------------

told(Host) -> rules(Host) =/= none.

%% Of whom anything is known beside the rules.
names(Host) ->
    Kept = mnesia:dirty_select(?KEPT, [{{?KEPT, {Host, '$1'}, '_'}, [{is_binary, '$1'}], ['$1']}]),
    lists:usort(Kept ++ ets:select(?SHOWN, [{{{Host, '$1'}, '_', '_'}, [], ['$1']}])).

%% Gives whether they are others than before.
set_rules(Host, Rules) ->
    case rules(Host) of
        Rules -> false;
        _ -> keep([{{Host, rules}, Rules}]), true
    end.

%% People: [{name, #{audience, hide, show, status} of what is his own}]. Gives the names of whom it is something else.
set_people(Host, People) ->
    Changed = [{Name, own(Host, Name), Own} || {Name, Own} <- People, own(Host, Name) =/= Own],
    keep([{{Host, Name}, kept(New)} || {Name, Old, New} <- Changed, kept(Old) =/= kept(New)]),
    [case {maps:get(show, New, none), maps:get(status, New, none)} of
         {none, none} -> ets:delete(?SHOWN, {Host, Name});
         {Show, Status} -> ets:insert(?SHOWN, {{Host, Name}, Show, Status})
     end || {Name, _, New} <- Changed],
    [Name || {Name, _, _} <- Changed].

%% Nobody is in a meeting any more. Gives who was.
hide_shows(Host) ->
    set_people(Host, [{Name, maps:remove(show, own(Host, Name))}
                      || {{_, Name}, Show, _} <- ets:match_object(?SHOWN, {{Host, '_'}, '_', '_'}), Show =/= none]).

%% A crash must not bring back what was in force before the last answer.
keep([]) -> ok;
keep(Rows) ->
    {atomic, _} = mnesia:transaction(
                    fun() ->
                            [case What of
                                 none -> mnesia:delete({?KEPT, Key});
                                 _ -> mnesia:write({?KEPT, Key, What})
                             end || {Key, What} <- Rows]
                    end),
    mnesia:sync_log().

kept(Own) ->
    case {maps:get(audience, Own, none), maps:get(hide, Own, false)} of
        {none, false} -> none;
        Kept -> Kept
    end.

rules(Host) -> read({Host, rules}).

read(Key) ->
    case mnesia:dirty_read(?KEPT, Key) of
        [{_, _, What}] -> What;
        [] -> none
    end.

own(Host, Name) ->
    {Audience, Hide} = case read({Host, Name}) of
                           none -> {none, false};
                           Kept -> Kept
                       end,
    {Show, Status} = shown(Host, Name),
    maps:from_list([{audience, Audience} || Audience =/= none] ++ [{hide, true} || Hide]
                   ++ [{show, Show} || Show =/= none] ++ [{status, Status} || Status =/= none]).

shown(Host, Name) ->
    case ets:lookup(?SHOWN, {Host, Name}) of
        [{_, Show, Status}] -> {Show, Status};
        [] -> {none, none}
    end.

%% What is in force ----------------------------------------------------------------------------------------------------

%% {name, host} of a person at a host whose people are under rules; none of components and others.
person({Name, Host, _}) -> person_at(Name, Host);
person(undefined) -> none;
person(Jid) -> person(jid:tolower(Jid)).

person_at(<<>>, _) -> none;
person_at(Name, Host) ->
    case gen_mod:is_loaded(Host, mod_kontor_visibility) of
        true -> {Name, Host};
        false -> none
    end.

%% What the rules and the person's own make together.
of_person(Host, Name) ->
    {Within, Partners, Hide} = case rules(Host) of
                                   none -> ?USUAL;
                                   Rules -> Rules
                               end,
    Own = own(Host, Name),
    Audience = maps:get(audience, Own, ?EVERYONE),
    #{within => max(Within, Audience), partners => max(Partners, Audience), hide => Hide orelse maps:is_key(hide, Own),
      show => maps:get(show, Own, none), status => maps:get(status, Own, none)}.

%% Whether a viewer may see a person of whom `View` is in force.
allows(View, Name, Host, {Viewer, At}) ->
    Audience = maps:get(case At of Host -> within; _ -> partners end, View),
    case Audience of
        ?EVERYONE -> true;
        ?NOBODY -> false;
        ?CONTACTS -> is_contact(Name, Host, {Viewer, At});
        _ -> false
    end.

is_for_all(#{within := Within}) -> Within =:= ?EVERYONE.

%% Whether the person has approved him (RFC 6121 3.1).
is_contact(Name, Host, {Viewer, At}) ->
    {Subscription, _, _} = ejabberd_hooks:run_fold(roster_get_jid_info, Host, {none, none, []},
                                                   [Name, Host, jid:make(Viewer, At)]),
    Subscription =:= from orelse Subscription =:= both.

%% What is in force of a person for a viewer who may see him, or `hidden`.
view({Name, Host}, Viewer) ->
    View = of_person(Host, Name),
    case allows(View, Name, Host, Viewer) of
        true -> View;
        false -> hidden
    end.

%% False of a person, other than the one looked at, who may not see him.
sees(Viewer, Seen) ->
    case person(Viewer) of
        none -> true;
        Seen -> true;
        Person -> view(Seen, Person) =/= hidden
    end.
