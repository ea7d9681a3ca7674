// Carries the precompiled header of the test programs, which are compiled as executables are.
int main() { return 0; }
