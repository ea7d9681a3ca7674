// Carries the precompiled header of the lowest libraries.
