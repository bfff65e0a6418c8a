import dgram from "node:dgram";

// The program in echo.c once more, by Node's dgram: run with the port.
const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 14, 16, 0, 4, 192, 0, 2, 1]);
const socket = dgram.createSocket({
  type: "udp4",
  // Peers are addresses: without this each reply waits for a tick in which nothing is looked up.
  lookup: (host, _options, done) => done(null, host, 4),
});
socket.on("message", (bytes, { port, address }) => {
  if (bytes.length < 12) return;
  const reply = Buffer.allocUnsafe(bytes.length + record.length);
  bytes.copy(reply);
  record.copy(reply, bytes.length);
  reply[2]! |= 0x80;
  reply[7] = 1;
  socket.send(reply, port, address);
});
socket.bind(Number(process.argv[2]), "127.0.0.1");
