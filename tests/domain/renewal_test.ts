import assert from "node:assert/strict";
import fc from "fast-check";
import { RENEWAL_SPACING_MS, renewalWaitMs } from "../../src/domain/renewal.ts";
import { isFresh, isUsable, renewalShift, type Ticket } from "../../src/domain/ticket.ts";

const issuedAt = 1_700_000_000_000;

Deno.test("processes renew a twentieth of the lifetime earlier to a twentieth later", () => {
  const hour = 3_600_000;
  const ticket = { issuedAt, expiresAt: issuedAt + 10 * hour } as Ticket;
  const renewsAt = [[0, 7.5], [0.5, 8], [1, 8.5]] as const;
  for (const [random, hours] of renewsAt) {
    const shift = renewalShift(random);
    assert.ok(isFresh(ticket, shift, issuedAt + hours * hour - 1), `${random}`);
    assert.ok(!isFresh(ticket, shift, issuedAt + hours * hour + 1), `${random}`);
  }
});

Deno.test("whatever a process drew, a ticket is usable for a while after its renewal began", () => {
  const draws = fc.double({ min: 0, max: 1, noNaN: true });
  const lifetimes = fc.integer({ min: 1_000, max: 86_400_000 });
  fc.assert(
    fc.property(draws, lifetimes, fc.integer({ min: 0, max: 1_000 }), (random, life, part) => {
      const ticket = { issuedAt, expiresAt: issuedAt + life } as Ticket;
      const now = issuedAt + life * part / 1_000;
      const shift = renewalShift(random);
      if (isFresh(ticket, shift, now)) assert.ok(isUsable(ticket, now + life / 25));
    }),
    { seed: 4 },
  );
});

Deno.test("a renewal waits for the rest of a minute after the last exchange was begun", () => {
  const now = issuedAt;
  assert.equal(renewalWaitMs(null, now), 0);
  assert.equal(renewalWaitMs(now, now), RENEWAL_SPACING_MS);
  assert.equal(renewalWaitMs(now - RENEWAL_SPACING_MS + 1, now), 1);
  assert.equal(renewalWaitMs(now - RENEWAL_SPACING_MS, now), 0);
  assert.equal(renewalWaitMs(now + 20 * RENEWAL_SPACING_MS, now), RENEWAL_SPACING_MS);
});
