/** HTML and SVG previews, whose scripts run unchanged. */
import { start } from "./sandbox";

start();
