/** Cuts what comes in pieces into lines, without their ends. */
export function lineCutter(onLine: (line: string) => void): (piece: Buffer) => void {
  let rest: Buffer[] = [];
  return (piece) => {
    let from = 0;
    for (let end = piece.indexOf(10); end !== -1; end = piece.indexOf(10, from)) {
      const line = Buffer.concat([...rest, piece.subarray(from, end)]).toString();
      rest = [];
      from = end + 1;
      onLine(line);
    }
    if (from < piece.length) rest.push(piece.subarray(from));
  };
}
