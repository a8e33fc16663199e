%% Accounts of a tenant over XEP-0133, for its presence component alone, as Prosody's mod_admin_adhoc has them.
%% In:  commands add-user, delete-user, change-user-password and end-user-session at the tenant's host.
%% Out: a form, then <command status='completed'/>, where it was refused with a note of type error.
%% mod_configure is not in the place of it: it knows another form of end-user-session than the XEP, and a command for an
%% account that is not there ends in its log with the password.
-module(mod_kontor_accounts).

-export([start/2, stop/1, reload/3, depends/2, mod_options/1, mod_doc/0]).
-export([adhoc_local_commands/4]).

-define(ADMIN, "http://jabber.org/protocol/admin").
-define(NS_COMMANDS, <<"http://jabber.org/protocol/commands">>).
-define(NS_DATA, <<"jabber:x:data">>).
-define(FIRST, 1).

start(Host, _Options) ->
    ejabberd_hooks:add(adhoc_local_commands, Host, ?MODULE, adhoc_local_commands, ?FIRST),
    ok.

stop(Host) ->
    ejabberd_hooks:delete(adhoc_local_commands, Host, ?MODULE, adhoc_local_commands, ?FIRST),
    ok.

reload(_Host, _Options, _Old) -> ok.

depends(_Host, _Options) -> [{mod_adhoc, hard}].

mod_options(_Host) -> [].

mod_doc() -> #{desc => "Accounts of a tenant for its presence component (XEP-0133)."}.

adhoc_local_commands(Known, From, To, Request) ->
    {xmlel, _, _, Children} = Element = xmpp:encode(Request),
    case fxml:get_tag_attr_s(<<"node">>, Element) of
        <<?ADMIN, "#", Name/binary>> = Node ->
            case fields(Name) of
                unknown -> Known;
                Fields ->
                    Host = element(2, jid:tolower(To)),
                    Command = {Name, Node, fxml:get_tag_attr_s(<<"sessionid">>, Element), Fields},
                    Forms = [Form || {xmlel, <<"x">>, _, _} = Form <- Children],
                    {stop, answer(jid:tolower(From), Host, Command, Forms)}
            end;
        _ -> Known
    end.

fields(<<"add-user">>) -> [<<"accountjid">>, <<"password">>, <<"password-verify">>];
fields(<<"delete-user">>) -> [<<"accountjids">>];
fields(<<"change-user-password">>) -> [<<"accountjid">>, <<"password">>];
fields(<<"end-user-session">>) -> [<<"accountjids">>];
fields(_) -> unknown.

answer({<<>>, <<"presence.", Host/binary>>, _}, Host, Command, Forms) ->
    {Name, _, _, Fields} = Command,
    case Forms of
        [] -> command(Command, <<"executing">>, [form(Fields)]);
        [Form | _] ->
            Values = [values(Field, Form) || Field <- Fields],
            % No word of what was asked for: it may hold a password.
            try carry_out(Name, Values, Host) of
                ok -> command(Command, <<"completed">>, []);
                {error, Why} -> command(Command, <<"completed">>, [note(Why)])
            catch
                _:_ -> command(Command, <<"completed">>, [note(<<"This form cannot be carried out">>)])
            end
    end;
answer(_, _, _, _) -> {error, xmpp:err_forbidden(<<"Only the presence of this tenant may do that">>, <<"en">>)}.

carry_out(<<"add-user">>, [[Address], [Password], [Password]], Host) ->
    case ejabberd_auth:try_register(user(Address, Host), Host, Password) of
        ok -> ok;
        {error, exists} -> {error, <<"The account exists">>};
        {error, _} -> {error, <<"The account cannot be made">>}
    end;
carry_out(<<"change-user-password">>, [[Address], [Password]], Host) ->
    User = user(Address, Host),
    case ejabberd_auth:user_exists(User, Host) of
        true ->
            case ejabberd_auth:set_password(User, Host, Password) of
                ok -> ok;
                {error, _} -> {error, <<"The password cannot be set">>}
            end;
        false -> {error, <<"The account does not exist">>}
    end;
carry_out(<<"delete-user">>, [Addresses], Host) ->
    [ejabberd_auth:remove_user(user(Address, Host), Host) || Address <- Addresses],
    ok;
carry_out(<<"end-user-session">>, [Addresses], Host) ->
    [ejabberd_sm:kick_user(user(Address, Host), Host) || Address <- Addresses],
    ok.

%% The name before the @ of an account of this host.
user(Address, Host) ->
    {User, Host, <<>>} = jid:tolower(jid:decode(Address)),
    true = User =/= <<>>,
    User.

values(Name, {xmlel, _, _, Fields}) ->
    [fxml:get_tag_cdata(Value)
     || {xmlel, <<"field">>, _, Values} = Field <- Fields,
        fxml:get_tag_attr_s(<<"var">>, Field) =:= Name,
        {xmlel, <<"value">>, _, _} = Value <- Values].

command({_, Node, Session, _}, Status, Children) ->
    Id = case Session of
             <<>> -> p1_rand:get_string();
             _ -> Session
         end,
    Attributes = [{<<"xmlns">>, ?NS_COMMANDS}, {<<"node">>, Node}, {<<"sessionid">>, Id}, {<<"status">>, Status}],
    {xmlel, <<"command">>, Attributes, Children}.

form(Fields) ->
    Hidden = [{<<"var">>, <<"FORM_TYPE">>}, {<<"type">>, <<"hidden">>}],
    Type = {xmlel, <<"field">>, Hidden, [{xmlel, <<"value">>, [], [{xmlcdata, <<?ADMIN>>}]}]},
    Asked = [{xmlel, <<"field">>, [{<<"var">>, Field}, {<<"type">>, type(Field)}], []} || Field <- Fields],
    {xmlel, <<"x">>, [{<<"xmlns">>, ?NS_DATA}, {<<"type">>, <<"form">>}], [Type | Asked]}.

type(<<"accountjid">>) -> <<"jid-single">>;
type(<<"accountjids">>) -> <<"jid-multi">>;
type(_) -> <<"text-private">>.

note(Text) -> {xmlel, <<"note">>, [{<<"type">>, <<"error">>}], [{xmlcdata, Text}]}.
