// The servers would listen on every address; here they listen on loopback alone.
import net from 'node:net'

const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (port, ...words) {
  return listen.call(this, { port: Number(port), host: '127.0.0.1' }, words.findLast((word) => typeof word === 'function'))
}
