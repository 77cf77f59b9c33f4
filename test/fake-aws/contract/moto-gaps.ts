// Where moto does not do as AWS does: what it does instead. The contract on moto fails when one of these is no longer true.

/** A gap by the kind and name of its test. `does` must stand in the failure that the test has on moto. */
export const motoGaps: Readonly<Record<string, { readonly does: string; readonly shows: string }>> = {}
