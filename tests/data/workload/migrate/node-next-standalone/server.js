const { createServer } = require("node:http");
const server = createServer((_, answer) => answer.end("hello from node"));
server.listen(Number(process.env.PORT || 3000));
process.on("SIGTERM", () => server.close());
