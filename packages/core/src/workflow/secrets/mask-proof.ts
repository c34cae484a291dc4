import type { Proof } from '../../expression/proof.ts';
import type { Json } from '../../json.ts';

/** A proof as it may be shown. Nothing that was read from a secret place, or computed from it, is told but whether a condition about it
 *  holds: the operands are omitted, and the clause above them stands on record, so that the proof can still be replayed.
 *  @param isSecret whether a path leads to a secret, as the proof's leaves spell it. */
export function maskProof(proof: Proof, isSecret: (path: readonly (string | number)[]) => boolean): Proof {
  return maskedProof(proof, isSecret).proof;
}

interface Masked {
  proof: Proof;
  /** Whether its result comes from a secret. */
  touched: boolean;
}

function maskedProof(proof: Proof, isSecret: (path: readonly (string | number)[]) => boolean): Masked {
  if (proof.op === 'read' && 'path' in proof) {
    const keys = (proof.operands ?? []).map((operand) => maskedProof(operand, isSecret));
    const isComputed = keys.some(({ touched }) => touched);
    if (!isComputed && !isSecret(proof.path)) return { proof, touched: false };
    const shown = {
      ...proof,
      // a key that was computed from a secret is one
      ...(isComputed ? { path: proof.path.slice(0, 1) } : {}),
      ...(keys.length === 0 ? {} : { operands: keys.map((key) => key.proof) }),
    };
    return { proof: withoutResult(shown), touched: true };
  }
  if (!('operands' in proof)) return { proof, touched: false };
  const operands = proof.operands.map((operand) => maskedProof(operand, isSecret));
  if (!operands.some(({ touched }) => touched)) return { proof, touched: false };
  const shown = { ...proof, operands: operands.map((operand) => operand.proof) } as Proof;
  return { proof: withoutResult(shown), touched: true };
}

/** The answer of a condition is what it decides; it is shown by what happened next in any case. */
function withoutResult(proof: Proof): Proof {
  const { result, ...rest } = proof as { result?: Json };
  if (typeof result === 'boolean') {
    return ('path' in rest ? { ...rest, result } : { ...rest, result, recorded: true }) as Proof;
  }
  const { float: _, recorded: __, omitted: ___, ...bare } = rest as Record<string, unknown>;
  return { ...bare, omitted: { type: 'secret', size: 0 } } as unknown as Proof;
}
