import { AttuneError, type Vault } from '@attune/core';

const refuse = (): never => {
  throw new AttuneError(
    'configuration',
    'This process was started without the secret key, so it can keep and read no secrets',
  );
};

/** The vault of who keeps no secrets: whoever has one to keep is refused. */
export const noVault: Vault = { seal: refuse, open: refuse };
