"""Rooms administered by commands (XEP-0050), and found by a search (XEP-0433) that slixmpp has no plugin for."""
import xml.etree.ElementTree as ET

from slixmpp import JID
from slixmpp.exceptions import IqError

from client import WAIT, codes, condition

SEARCH = "urn:xmpp:channel-search:0:search"
FORMS = "{jabber:x:data}"


async def step(client, at, node, values=None, session=None, action="execute"):
    """One step of a command; gives the command element of the answer."""
    form = None
    if values is not None:
        form = client.plugin["xep_0004"].make_form(ftype="submit")
        for name, value in values.items():
            form.add_field(var=name, value=value)
    answer = await client.plugin["xep_0050"].send_command(
        JID(at), node, action=action, payload=form, sessionid=session, timeout=WAIT)
    return answer["command"]


async def commands(ada, bert, room):
    """Commands at the room by its owner, at the domain by the administration, and refused to whoever has no say."""
    facts = {}
    domain = JID(room).domain
    await ada.join(room, "Ada")
    await bert.join(room, "Bert")
    nodes = [(await who.plugin["xep_0050"].get_commands(JID(at), timeout=WAIT))["disco_items"]["items"]
             for who, at in ((ada, room), (bert, domain))]
    facts["offered"] = sorted(node.split("#")[1] for _, node, _ in nodes[0])
    facts["to others"] = len(nodes[1])

    asked = await step(ada, room, "urn:kontor:room#kick")
    facts["form"] = [asked["status"], sorted(asked["form"].get_fields())]
    done = await step(ada, room, "urn:kontor:room#kick", {"nick": "Bert", "reason": "Pause"}, asked["sessionid"], "complete")
    kicked = await bert.until(lambda s: s.name == "presence" and 307 in codes(s), "the kick")
    facts["kicked"] = [done["status"], kicked["muc"]["item"]["reason"]]
    try:
        await step(bert, domain, "urn:kontor:rooms#list")
    except IqError as error:
        facts["refused"] = condition(error)

    made = f"angelegt-{JID(room).local}"
    asked = await step(ada, domain, "urn:kontor:rooms#create")
    done = await step(ada, domain, "urn:kontor:rooms#create",
                      {"name": made, "title": "Neuer Raum", "owner": bert.boundjid.bare}, asked["sessionid"], "complete")
    facts["made"] = done["status"]
    joined = await bert.join(f"{made}@{domain}", "Bert")
    facts["its owner"] = joined[0]["muc"]["affiliation"]
    asked = await step(ada, domain, "urn:kontor:rooms#list")
    listed = await step(ada, domain, "urn:kontor:rooms#list", {"text": made}, asked["sessionid"], "complete")
    facts["listed"] = [[field.findtext(f"{FORMS}value") for field in item]
                       == [f"{made}@{domain}", "Neuer Raum", "1"]
                       for item in listed["form"].xml.findall(f"{FORMS}item")]

    asked = await step(ada, domain, "urn:kontor:rooms#destroy")
    asked = await step(ada, domain, "urn:kontor:rooms#destroy", {"name": made}, asked["sessionid"], "next")
    done = await step(ada, domain, "urn:kontor:rooms#destroy", {"reason": "Ende", "confirm": "1"}, asked["sessionid"],
                      "complete")
    gone = await bert.until(lambda s: s.name == "presence" and s.xml.find(".//{*}destroy") is not None, "the end")
    facts["destroyed"] = [done["status"], gone.xml.findtext(".//{*}reason")]
    return facts


async def search(ada, bert, room):
    """Rooms are found by their words, in pages, and refused searches say why."""
    facts = {}
    domain = JID(room).domain
    rooms = [f"{kind}-{room}" for kind in ("a", "b", "c")]
    for each in rooms:
        await ada.join(each, "Ada")

    async def ask(values, after=None, most=2):
        iq = bert.make_iq_get(ito=domain)
        element = ET.SubElement(iq.xml, f"{{{SEARCH}}}search")
        page = ET.SubElement(element, "{http://jabber.org/protocol/rsm}set")
        ET.SubElement(page, "{http://jabber.org/protocol/rsm}max").text = str(most)
        if after is not None:
            ET.SubElement(page, "{http://jabber.org/protocol/rsm}after").text = after
        form = bert.plugin["xep_0004"].make_form(ftype="submit")
        form.add_field(var="FORM_TYPE", ftype="hidden", value="urn:xmpp:channel-search:0:search-params")
        for name, value in values.items():
            form.add_field(var=name, value=value)
        element.append(form.xml)
        result = (await iq.send(timeout=WAIT)).xml.find(f"{{{SEARCH}}}result")
        page = result.find("{*}set")
        return [item.get("address") for item in result.findall("{*}item")], page.findtext("{*}last"), page.findtext("{*}count")

    found, last, count = await ask({"q": JID(room).local})
    facts["first page"] = [found == rooms[:2], count]
    found, _, _ = await ask({"q": JID(room).local}, after=last)
    facts["second page"] = found == rooms[2:]
    await bert.join(rooms[2], "Bert")
    found, _, _ = await ask({"q": JID(room).local, "key": "{urn:xmpp:channel-search:0:order}nusers"})
    facts["most people first"] = found[0] == rooms[2]
    for name, values in (("no condition", {}), ("no such order", {"q": "a", "key": "schön"}),
                         ("too much", {"q": "a", "all": "true"})):
        try:
            await ask(values)
        except IqError as error:
            facts[name] = error.iq["error"].xml[-1].tag.split("}")[1]
    return facts
