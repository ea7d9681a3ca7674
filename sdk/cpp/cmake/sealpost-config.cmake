# find_package(sealpost) gives the target sealpost::sdk. Its one dependency is OpenSSL 3 (libcrypto).
include(CMakeFindDependencyMacro)
find_dependency(OpenSSL 3.0 COMPONENTS Crypto)
include("${CMAKE_CURRENT_LIST_DIR}/sealpost-targets.cmake")
