// nodemailer's pool of eight connections: `node pool.mjs FOLDER PORT MAILS`; prints mails a second.
// What was sent is written down durably (fdatasync) after each hundred.
import { createRequire } from "node:module";
import fs from "node:fs";

const [folder, port, mails] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const nodemailer = createRequire(`${process.cwd()}/`)("nodemailer");
const words = JSON.parse(fs.readFileSync(`${folder}/mail.json`, "utf8"));
const filled = (text, number) =>
  text.replaceAll("{{ name }}", `Person ${number}`).replaceAll("{{ token }}", `token-${number}`);

const transport = nodemailer.createTransport({
  host: "127.0.0.1", port, pool: true, maxConnections: 8, maxMessages: Infinity, secure: false, ignoreTLS: true,
});
const log = fs.openSync(`${folder}/pool.log`, "w");
let next = 0;
let unsynced = 0;
const began = process.hrtime.bigint();

async function lane() {
  while (next < mails) {
    const number = next++;
    await transport.sendMail({
      from: "reminders@lakeside.example",
      to: `person.${number}@lakeside.example`,
      subject: filled(words.subject, number),
      text: filled(words.text, number),
      html: filled(words.html, number),
    });
    fs.writeSync(log, `${number}\n`);
    if (++unsynced % 100 === 0) fs.fdatasyncSync(log);
  }
}

await Promise.all(Array.from({ length: 16 }, lane));
fs.fdatasyncSync(log);
const taken = Number(process.hrtime.bigint() - began) / 1e9;
transport.close();
console.log(JSON.stringify({ rate: mails / taken, memory: process.resourceUsage().maxRSS / 1024 }));
