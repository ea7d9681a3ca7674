// The published npm library behind the protocol of test_standardwebhooks.py: one JSON object per line in, one
// per line out. The library compares timestamps with the machine's clock, so the test signs "now".
const path = require('path');
const readline = require('readline');
const { Webhook } = require(path.join(__dirname, '..', 'node', 'node_modules', 'standardwebhooks'));

const reader = readline.createInterface({ input: process.stdin });
reader.on('line', (line) => {
  const request = JSON.parse(line);
  const webhook = new Webhook(request.key);
  const body = Buffer.from(request.body, 'base64').toString('utf8');
  let answer;
  if (request.op === 'sign') {
    answer = { signature: webhook.sign(request.id, new Date(request.timestamp * 1000), body) };
  } else {
    try {
      webhook.verify(body, request.headers);
      answer = { ok: true };
    } catch (error) {
      answer = { ok: false };
    }
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
});
