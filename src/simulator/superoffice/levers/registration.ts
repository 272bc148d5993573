/** The levers of the Developer Portal: what the app's vendor registers. */
import { text, type Verbs } from "../../control/verbs.ts";
import { parseAppPublicKey } from "../app_key.ts";
import type { World } from "../world.ts";

export interface RegistrationLevers {
  /** PEM or RSAXML, public or private; only the public half is kept. */
  registerPublicKey(key: string): void;
  registerRedirectUrl(url: string): void;
}

export function registrationLevers(world: World): RegistrationLevers {
  return {
    registerPublicKey(key) {
      world.state.appPublicKey = parseAppPublicKey(key);
      world.changed();
    },
    registerRedirectUrl(url) {
      if (!world.state.redirectUrls.includes(url)) world.state.redirectUrls.push(url);
      world.changed();
    },
  };
}

export function registrationVerbs(levers: RegistrationLevers): Verbs {
  return {
    register_public_key: {
      takes: ["key"],
      call: (body) => levers.registerPublicKey(text(body, "key")),
    },
    register_redirect_url: {
      takes: ["url"],
      call: (body) => levers.registerRedirectUrl(text(body, "url")),
    },
  };
}
