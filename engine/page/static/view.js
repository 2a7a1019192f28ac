// The work area: mounts each view of the flow the first time it is looked at, and shows one of them.
export function mount() {}
