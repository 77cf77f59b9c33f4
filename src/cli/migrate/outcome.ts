// What a migration gives: objects of ours to apply, and a word on everything that does not mean quite the same.

export interface Note {
  /** `changed`: it is carried over and means something else in some case. `left out`: it has no place here. */
  readonly kind: 'changed' | 'left out'
  /** `IPAddressPool metallb-system/office`. */
  readonly about: string
  readonly message: string
}

export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec: object
}

export interface Migration {
  readonly manifests: readonly Manifest[]
  readonly notes: readonly Note[]
  /** What stays as it is and needs nothing, in one line each. */
  readonly kept: readonly string[]
}

/** Nothing is written when nothing is there: a class alone would serve Services and Ingresses that nobody meant. */
export function nothingFound(project: string, message: string): Migration {
  return { manifests: [], notes: [leftOut(project, message)], kept: [] }
}

export function changed(about: string, message: string): Note {
  return { kind: 'changed', about, message }
}

export function leftOut(about: string, message: string): Note {
  return { kind: 'left out', about, message }
}
