/** A node of a tree as it is drawn: what stands on its line, and what hangs below it. */
export interface TreeNode {
  text: string;
  children: readonly TreeNode[];
}

/** Draws a tree with lines, one node a line, children in the order given. */
export function drawTree(root: TreeNode): string[] {
  return [root.text, ...drawChildren(root.children, '')];
}

function drawChildren(nodes: readonly TreeNode[], prefix: string): string[] {
  return nodes.flatMap((node, at) => {
    const isLast = at === nodes.length - 1;
    return [
      `${prefix}${isLast ? '└─ ' : '├─ '}${node.text}`,
      ...drawChildren(node.children, prefix + (isLast ? '   ' : '│  ')),
    ];
  });
}
