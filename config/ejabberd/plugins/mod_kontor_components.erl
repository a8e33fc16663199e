%% The secrets of a tenant's components (XEP-0114). They lie with its host and not with the listener of the components,
%% which would have to be opened anew, and fails at that now and then, with each tenant that comes or goes.
%% In:  option secrets: {"rooms.tenant domain": "its secret", ...}, of each host its own.
-module(mod_kontor_components).

-export([start/2, stop/1, reload/3, depends/2, mod_opt_type/1, mod_options/1, mod_doc/0]).
-export([secret/1]).

start(_Host, _Options) -> ok.

stop(_Host) -> ok.

reload(_Host, _Options, _Old) -> ok.

depends(_Host, _Options) -> [].

mod_opt_type(secrets) -> econf:map(econf:domain(), econf:binary()).

mod_options(_Host) -> [{secrets, []}].

mod_doc() -> #{desc => "The secrets of a tenant's components."}.

%% The secret of a component's domain, or false where it is none of a tenant that is served.
secret(Domain) ->
    case binary:split(Domain, <<".">>) of
        [_, Host] ->
            case ejabberd_router:is_my_host(Host) andalso gen_mod:is_loaded(Host, ?MODULE) of
                true -> proplists:get_value(Domain, gen_mod:get_module_opt(Host, ?MODULE, secrets), false);
                false -> false
            end;
        _ -> false
    end.
