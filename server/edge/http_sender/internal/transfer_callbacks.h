// What libcurl calls while a transfer runs. The two judgements of the address are here.
#pragma once

#include <curl/curl.h>

#include <cstddef>

namespace sealpost {

// CURLOPT_OPENSOCKETFUNCTION, with a Transfer: judges where the socket would go before it exists.
curl_socket_t on_open_socket(void* transfer, curlsocktype purpose, curl_sockaddr* address);
// CURLOPT_CLOSESOCKETFUNCTION, with the SocketWatch.
int on_close_socket(void* sockets, curl_socket_t socket);
// CURLOPT_PREREQFUNCTION, with a Transfer: the connection stands, new or reused, and no byte of the request
// has left. Judges the connected address again and asks still_allowed.
int on_before_request(void* transfer, char* remote_ip, char* local_ip, int remote_port, int local_port);
// CURLOPT_HEADERFUNCTION and CURLOPT_WRITEFUNCTION, with a Transfer.
std::size_t on_header(char* data, std::size_t size, std::size_t count, void* transfer);
std::size_t on_body(char* data, std::size_t size, std::size_t count, void* transfer);

}  // namespace sealpost
