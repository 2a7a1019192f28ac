// The problem panel above the tree, and the view of all problems.
export function mount() {}
