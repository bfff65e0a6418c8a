/* Answers each datagram with itself, as a response to A with one address, by one recvfrom and one sendto. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int main(int argc, char **argv) {
  static const unsigned char record[16] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 14, 16, 0, 4, 192, 0, 2, 1};
  unsigned char bytes[4096];
  int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(argc > 1 ? atoi(argv[1]) : 5300)};
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&own, sizeof own) != 0) return 1;
  for (;;) {
    struct sockaddr_in peer;
    socklen_t length = sizeof peer;
    ssize_t size = recvfrom(descriptor, bytes, sizeof bytes - sizeof record, 0, (struct sockaddr *)&peer, &length);
    if (size < 12) continue;
    bytes[2] |= 0x80;
    bytes[7] = 1;
    memcpy(bytes + size, record, sizeof record);
    sendto(descriptor, bytes, size + sizeof record, 0, (struct sockaddr *)&peer, length);
  }
}
