import type { Element } from "../../components/stanza.ts";
import type { Codec } from "../../components/xep/codec.ts";
import { dataForm } from "../../components/xep/xep-0004-data-forms.ts";
import { discoInfo, discoItems } from "../../components/xep/xep-0030-service-discovery.ts";
import { mucInvitation } from "../../components/xep/xep-0045-invite.ts";
import { mucJoin, mucUser } from "../../components/xep/xep-0045-muc.ts";
import { adHocCommand } from "../../components/xep/xep-0050-commands.ts";
import { vcardPhoto } from "../../components/xep/xep-0054-vcard.ts";
import { peopleSearch } from "../../components/xep/xep-0055-search.ts";
import { rsmRequest, rsmResult } from "../../components/xep/xep-0059-result-set.ts";
import { registration } from "../../components/xep/xep-0077-registration.ts";
import { activity } from "../../components/xep/xep-0108-activity.ts";
import { caps } from "../../components/xep/xep-0115-caps.ts";
import { delay } from "../../components/xep/xep-0203-delay.ts";
import { archiveFin, archiveMetadata, archiveQuery } from "../../components/xep/xep-0313-archive.ts";
import { hats } from "../../components/xep/xep-0317-hats.ts";
import { idle } from "../../components/xep/xep-0319-idle.ts";
import { privilege, privilege1 } from "../../components/xep/xep-0356-privileged-entity.ts";
import { stanzaId } from "../../components/xep/xep-0359-stanza-ids.ts";
import { fileTooLarge, uploadRequest, uploadRetry, uploadSlot } from "../../components/xep/xep-0363-http-upload.ts";
import { retract, retracted } from "../../components/xep/xep-0424-retraction.ts";
import { moderate, moderatedRetract, moderatedTombstone } from "../../components/xep/xep-0425-moderation.ts";

import { channelResult, channelSearch } from "../../components/xep/xep-0433-channel-search.ts";

import { changeOfConference, pageOfConferences } from "../../presence/conference-feed.ts";

/** A codec whose data type is hidden, so that all fit into one table. */
interface AnyCodec {
  read(element: Element): unknown;
  write(data: unknown): Element;
}

/** `write` only ever gets what `read` of the same codec gave. */
const any = <T>(codec: Codec<T>): AnyCodec => ({ read: codec.read, write: (data) => codec.write(data as T) });

/** Folder of cases -> codec. A new codec needs one line here, a new case none. */
export const codecs: Readonly<Record<string, AnyCodec>> = {
  "conferences/change": any(changeOfConference),
  "conferences/page": any(pageOfConferences),
  "xep-0004": any(dataForm),
  "xep-0030/info": any(discoInfo),
  "xep-0030/items": any(discoItems),
  "xep-0045/invite": any(mucInvitation),
  "xep-0045/join": any(mucJoin),
  "xep-0045/user": any(mucUser),
  "xep-0050": any(adHocCommand),
  "xep-0054": any(vcardPhoto),
  "xep-0055": any(peopleSearch),
  "xep-0059/request": any(rsmRequest),
  "xep-0059/result": any(rsmResult),
  "xep-0077": any(registration),
  "xep-0115": any(caps),
  "xep-0108": any(activity),
  "xep-0203": any(delay),
  "xep-0313/query": any(archiveQuery),
  "xep-0313/fin": any(archiveFin),
  "xep-0313/metadata": any(archiveMetadata),
  "xep-0317": any(hats),
  "xep-0319": any(idle),
  "xep-0356/privilege": any(privilege),
  "xep-0356/privilege-1": any(privilege1),
  "xep-0359": any(stanzaId),
  "xep-0363/request": any(uploadRequest),
  "xep-0363/slot": any(uploadSlot),
  "xep-0363/too-large": any(fileTooLarge),
  "xep-0363/retry": any(uploadRetry),
  "xep-0424/retract": any(retract),
  "xep-0424/retracted": any(retracted),
  "xep-0425/moderate": any(moderate),
  "xep-0425/retract": any(moderatedRetract),
  "xep-0425/tombstone": any(moderatedTombstone),
  "xep-0433/search": any(channelSearch),
  "xep-0433/result": any(channelResult),
};
