# find_package(sealpost) gives sealpost::sdk, which needs OpenSSL 3 (libcrypto), and sealpost::client where
# libcurl and Boost.JSON are found. find_package(sealpost COMPONENTS client) insists on the client.
include(CMakeFindDependencyMacro)
find_dependency(OpenSSL 3.0 COMPONENTS Crypto)
include("${CMAKE_CURRENT_LIST_DIR}/sealpost-targets.cmake")
set(sealpost_sdk_FOUND TRUE)

if(NOT sealpost_FIND_COMPONENTS OR "client" IN_LIST sealpost_FIND_COMPONENTS)
  find_package(CURL 7.88 QUIET)
  find_package(Boost 1.81 QUIET COMPONENTS json)
  find_package(Threads QUIET)
  if(CURL_FOUND AND TARGET Boost::json AND Threads_FOUND)
    include("${CMAKE_CURRENT_LIST_DIR}/sealpost-client-targets.cmake")
    set(sealpost_client_FOUND TRUE)
  endif()
endif()

foreach(_component IN LISTS sealpost_FIND_COMPONENTS)
  if(sealpost_FIND_REQUIRED_${_component} AND NOT sealpost_${_component}_FOUND)
    set(sealpost_FOUND FALSE)
    set(sealpost_NOT_FOUND_MESSAGE "sealpost: component '${_component}' is not there; \
client needs libcurl 7.88 and Boost.JSON 1.81")
  endif()
endforeach()
