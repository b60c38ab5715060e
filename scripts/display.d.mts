export function openDisplay(size?: string): Promise<{ name: string; stop: () => void } | undefined>
