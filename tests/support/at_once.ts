/**
 * For steps of a test that run side by side, or that share what outlives them: Deno cannot tell then
 * whose an open connection is. The test that they are steps of is checked for leaks at its end.
 */
export const AT_ONCE = { sanitizeOps: false, sanitizeResources: false, sanitizeExit: false };
