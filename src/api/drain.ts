// How long open connections may go on with a pod that is removed from its Service. By itself, so that agents carry no schema for it.

/** Unless a class or a Service says otherwise. As long as a connection is remembered that is silent. */
export const usualDrainSeconds = 3600

export const longestDrainSeconds = 86_400
