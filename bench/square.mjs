/** The task of bench/throughput, as piscina loads it. */
export default (x) => x * x;
