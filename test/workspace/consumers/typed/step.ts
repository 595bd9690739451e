export const step: number = 1
