const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** A character that seems to turn from frame to frame. */
export const spinner = (frame: number): string => frames[frame % frames.length] ?? '';
