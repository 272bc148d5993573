// What the file for Deno Deploy in docs/google-credentials.md does, with another supplier.
import { serve } from "../../src/main.ts";

await serve({ identityToken: () => Promise.reject(new Error("no-such-token")) });
