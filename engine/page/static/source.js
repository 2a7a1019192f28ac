// YAML with the step marked, and the TwiML of the step with its size.
export function beside() {}
