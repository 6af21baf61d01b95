/** A process of its own that serves the built Worker on a kept database, to be killed. argv: directory, port, vars */
import { startLocalWorker } from "../../scripts/local_worker.ts";

const [directory = "", port = "0", vars = "{}"] = process.argv.slice(2);
const worker = await startLocalWorker({ directory, port: Number(port), vars: JSON.parse(vars) });
console.log(`ready ${worker.url}`);
