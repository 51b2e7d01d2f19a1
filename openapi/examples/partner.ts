// A client of Lab in TypeScript, by types that are generated from the API description:
//
//     npm install
//     npx openapi-typescript ../lab.v1.json -o lab.d.ts
//     npx tsc
//     LAB_URL=http://localhost:5080 LAB_KEY=... node partner.js report MY-FIRST ../../samples/kraken2-klebsiella.kreport
//     LAB_WEBHOOK_SECRET=whsec_... node partner.js receive 8099
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { components } from "./lab.js";

type Schemas = components["schemas"];

class Refused extends Error {
  constructor(readonly problem: Schemas["ProblemDocument"]) {
    super(`${problem.code}: ${problem.detail} ${problem.hint}`);
  }
}

async function call<T>(method: string, path: string, body?: Uint8Array<ArrayBuffer>): Promise<T> {
  const headers = { "X-Api-Key": process.env.LAB_KEY ?? "", Accept: "application/json" };
  const address = new URL(path, process.env.LAB_URL);
  for (let attempt = 0; ; attempt++) {
    const answer = await fetch(address, { method, headers, ...(body ? { body } : {}) });
    if (answer.ok) return (await answer.json()) as T;
    if (![429, 503].includes(answer.status) || attempt === 4) throw new Refused((await answer.json()) as Schemas["ProblemDocument"]);
    await new Promise((resolve) => setTimeout(resolve, 1000 * Number(answer.headers.get("Retry-After") ?? 2)));
  }
}

/** Uploads a profile, waits for its analysis and gives the sample's report. The same file again is no second upload. */
async function report(accession: string, file: string): Promise<Schemas["Report"]> {
  const upload = await call<Schemas["UploadAccepted"]>("POST", `/v1/samples/${encodeURIComponent(accession)}/profiles`, Uint8Array.from(await readFile(file)));
  for (;;) {
    const analysis = await call<Schemas["AnalysisState"]>("GET", `/v1/analyses/${upload.analysisId}?wait=30`);
    switch (analysis.status) {
      case "succeeded":
        return await call<Schemas["Report"]>("GET", `/v1/reports/${analysis.reportId}`);
      case "failed":
      case "cancelled":
        throw new Error(`The analysis ${analysis.status}: ${analysis.error}`);
    }
  }
}

/** Whether a webhook's request comes from the lab and is not older than five minutes (standard-webhooks). */
function verified(secret: string, headers: IncomingHttpHeaders, body: Buffer): boolean {
  const timestamp = Number(headers["webhook-timestamp"]);
  if (!(Math.abs(Date.now() / 1000 - timestamp) <= 300)) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const expected = createHmac("sha256", key).update(`${headers["webhook-id"]}.${timestamp}.`).update(body).digest();
  // For a day after a rotation there are two signatures.
  return String(headers["webhook-signature"])
    .split(" ")
    .map((one) => Buffer.from(one.replace(/^v1,/, ""), "base64"))
    .some((one) => one.length === expected.length && timingSafeEqual(one, expected));
}

/** Takes the lab's webhooks; what is not signed by it is refused. */
function receive(port: number): void {
  const seen = new Set<string>();
  createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    if (!verified(process.env.LAB_WEBHOOK_SECRET ?? "", request.headers, body)) {
      response.writeHead(401).end();
      return;
    }
    response.writeHead(204).end();
    // A try that was answered too late comes again under the same id.
    const id = String(request.headers["webhook-id"]);
    if (seen.has(id)) return;
    seen.add(id);
    const event = JSON.parse(body.toString("utf8")) as Schemas["WebhookMessage"];
    console.log(event.type, event.data.accession ?? "", event.data.reportId ?? "");
  }).listen(port, "127.0.0.1");
}

const [command, first, second] = process.argv.slice(2);
if (command === "report" && first && second) {
  const read = await report(first, second);
  console.log(`${read.sample.accession}: version ${read.version}, ${read.status}, quality ${read.quality.status}`);
  for (const finding of read.findings) console.log(`  ${finding.severity}: ${finding.code}`);
} else if (command === "receive" && first) {
  receive(Number(first));
} else {
  throw new Error("report <accession> <file>, or receive <port>");
}
