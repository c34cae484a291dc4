/** Most times one execution is started again after its worker was lost: an action that kills its worker must not do so for ever. */
export const maxRestarts = 25;
