-- Keeps what a component was given until it says that it is done with it: a component that is killed loses nothing.
-- In:     on the component's stream: <hold xmlns='urn:kontor:hold:0'/> takes up the offer, and
--         <release xmlns='urn:kontor:hold:0'/> whose text holds marks, one a line, says what is done. The same element as
--         a child of a stanza to the component's own domain counts in the very moment in which that is delivered.
-- Out:    with each start of the stream the offer <hold upto='mark'/>, where what has a mark up to this one may have
--         been done before; messages, presence and requests with their mark in the attribute kontor-held.
-- While the component is away they wait, in the order in which they came: for so many seconds as the option
-- kontor_hold_seconds says (30), then they and all that comes get the error that they always got.
-- Hosts:  the component.
-- Why:    a message that was handed to a process just before its end would have neither copy nor error.

local st = require "util.stanza";
local new_id = require "util.id".short;

local xmlns = "urn:kontor:hold:0";
local ACCEPT_SECONDS = 5;
-- What was given out and never released is given out again this long.
local KEEP_SECONDS = 600;
local MOST_BYTES = 64 * 1024 * 1024;

local time = require "util.time".monotonic;

-- Marks are this and a number: those of another start of the server mean nothing.
local epoch = new_id();
-- [number] = { text =, stub = name and attributes, at = }; first: none is below; last: the newest; given: given out up to.
local held, first, last, given, bytes = {}, 1, 0, 0, 0;
local session;
-- "off": nothing is kept. "on": the component takes it. "away": it is gone. "offered": it is back, and has not answered.
local mode = "off";
local turn = 0;

local function mark(n)
	return epoch..":"..n;
end

local function drop(n)
	local entry = held[n];
	if not entry then return; end
	held[n], bytes = nil, bytes - #entry.text;
	while first <= last and not held[first] do first = first + 1; end
end

local function release(text)
	for id in text:gmatch("[^\n]+") do
		local of, n = id:match("^(.*):(%d+)$");
		if of == epoch then drop(tonumber(n)); end
	end
end

local function give_out()
	for n = first, last do
		local entry = held[n];
		if entry then session.send(entry.text); end
	end
	given = last;
end

-- Those that nobody ever saw get an error; of the others nobody knows.
local function give_up()
	for n = math.max(first, given + 1), last do
		local entry = held[n];
		if entry then
			drop(n);
			if entry.stub.attr.type ~= "unavailable" then
				module:send(st.error_reply(entry.stub, "wait", "remote-server-timeout", "Component unavailable", module.host));
			end
		end
	end
end

local function hold(event)
	local stanza = event.stanza;
	local kind = stanza.attr.type;
	if mode == "off" or kind == "error" or (stanza.name == "iq" and kind == "result") then return; end
	local copy = st.clone(stanza);
	copy.attr.xmlns = nil;
	copy.attr["kontor-held"] = mark(last + 1);
	local text = tostring(copy);
	-- Of a component that releases nothing, not everything can be kept.
	if bytes + #text > MOST_BYTES then return; end
	last, bytes = last + 1, bytes + #text;
	held[last] = { text = text, stub = st.stanza(stanza.name, copy.attr), at = time() };
	if mode == "on" then
		given = last;
		session.send(text);
	end
	return true;
end

for _, name in ipairs { "message", "presence", "iq" } do
	for _, kind in ipairs { "bare", "full", "host" } do
		-- Before mod_component gives it out.
		module:hook(name.."/"..kind, hold, 0);
	end
end

local function after(seconds, expected, work)
	turn = turn + 1;
	local mine = turn;
	module:add_timer(seconds, function ()
		if turn == mine and mode == expected then work(); end
	end);
end

module:hook("component-authenticated", function (event)
	session = event.session;
	while first <= last and held[first].at < time() - KEEP_SECONDS do drop(first); end
	session.send(st.stanza("hold", { xmlns = xmlns, upto = mark(given) }));
	if mode == "off" then return; end
	mode = "offered";
	after(ACCEPT_SECONDS, "offered", function ()
		module:log("warn", "The component does not take up the offer to hold stanzas");
		give_out();
		held, first, bytes, mode = {}, last + 1, 0, "off";
	end);
end);

module:hook("stanza/"..xmlns..":hold", function (event)
	if event.origin ~= session then return; end
	mode = "on";
	give_out();
	return true;
end);

module:hook("stanza/"..xmlns..":release", function (event)
	if event.origin ~= session then return; end
	release(event.stanza:get_text());
	return true;
end);

-- Together with what is delivered: before mod_kontor_fanout, in the same turn.
local function release_within(event)
	local origin, stanza = event.origin, event.stanza;
	if origin ~= session or not session then return; end
	local marks = stanza:get_child_text("release", xmlns);
	if not marks then return; end
	stanza:remove_children("release", xmlns);
	release(marks);
end

module:hook("message/host", release_within, 3e6);
module:hook("presence/host", release_within, 3e6);

module:hook("component-disconnected", function (event)
	-- One that was turned away is none of ours.
	if event.session ~= session then return; end
	session = nil;
	if mode == "off" then return; end
	mode = "away";
	after(module:get_option_number("kontor_hold_seconds", 30), "away", function ()
		mode = "off";
		give_up();
	end);
end);

function module.save()
	return { epoch = epoch, held = held, first = first, last = last, given = given, bytes = bytes, mode = mode,
		session = session };
end

function module.restore(saved)
	epoch, held, first, last, given = saved.epoch, saved.held, saved.first, saved.last, saved.given;
	bytes, mode, session = saved.bytes, saved.mode, saved.session;
end
