# ruff: noqa
# fmt: off
"""Generator of reference workload W1 (two-arm ALSFRS-R trial, 2 x n patients, 10 visits).
All numbers are arbitrary-but-plausible placeholders, not fitted to any data."""
import numpy as np, json, os, sys
VISITS = np.array([-3,-2,-1,0,1,2,3,4,5,6.])
def gen(seed, n_per_arm=100, sd_slope=0.55, delta=0.25, corr=0.25, sd_int=5.2, sd_res=1.6,
        mean0=38.0, slope=-1.05, miss=0.08, haz0=0.010, haz_score=0.11, fu=6.0, rnd=True):
    g = np.random.Generator(np.random.PCG64(seed))
    n = 2*n_per_arm
    arm = g.permutation(np.repeat([0,1], n_per_arm))
    L = np.linalg.cholesky(np.array([[sd_int**2, corr*sd_int*sd_slope],[corr*sd_int*sd_slope, sd_slope**2 + 1e-300]])) if sd_slope>0 else np.diag([sd_int,0.])
    b = g.standard_normal((n,2)) @ L.T
    tpost = np.maximum(VISITS,0)
    mu = mean0 + b[:,:1] + (slope + b[:,1:])*VISITS + delta*arm[:,None]*tpost
    y = mu + sd_res*g.standard_normal((n,VISITS.size))
    if rnd: y = np.clip(np.rint(y),0,48)
    # death: piecewise-constant monthly hazard, log-linear in current true score
    death = np.full(n, np.inf)
    for k in range(int(fu)):
        h = haz0*np.exp(haz_score*(38-mu[:,3+k]))
        t = g.exponential(size=n)/h
        hit = (t<1)&np.isinf(death)
        death[hit] = k + t[hit]
    time = np.minimum(death, fu); event = (death<fu).astype(int)
    obs = np.ones((n,10),bool)
    u = g.random((n,10))
    prev = np.full(n, mean0)              # last observed score (so that missingness is MAR)
    for j in range(10):
        if j>0: prev = np.where(obs[:,j-1], y[:,j-1], prev)
        if j in (2,3): continue           # -1 and 0 always observed
        p = miss*np.exp(-0.06*(prev-36)); p = np.minimum(p,0.6)   # MAR on previous score
        obs[:,j] &= u[:,j] > p
    obs &= (VISITS[None,:] <= 0) | (VISITS[None,:] < time[:,None]) | (event[:,None]==0)
    return dict(arm=arm, y=y, obs=obs, time=time, event=event)
def write(d, path_long, path_surv):
    with open(path_long,'w') as f:
        f.write('id,arm,time,y\n')
        for i in range(len(d['arm'])):
            for j,t in enumerate(VISITS):
                if d['obs'][i,j]:
                    v=d['y'][i,j]; f.write(f"{i+1},{d['arm'][i]},{int(t)},{int(v) if float(v).is_integer() else repr(float(v))}\n")
    with open(path_surv,'w') as f:
        f.write('id,arm,time,event\n')
        for i in range(len(d['arm'])): f.write(f"{i+1},{d['arm'][i]},{d['time'][i]:.10g},{d['event'][i]}\n")
if __name__=='__main__':
    out='reference/data'; os.makedirs(out,exist_ok=True)
    meta=[]
    for k in range(15):
        d=gen(20260001+k); write(d,f'{out}/w1_{k+1:02d}_long.csv',f'{out}/w1_{k+1:02d}_surv.csv')
        alive=np.array((VISITS[None,:]<=0)|(VISITS[None,:]<d['time'][:,None])|(d['event'][:,None]==0))
        meta.append(dict(k=k+1,seed=20260001+k,nobs=int(d['obs'].sum()),deaths=int(d['event'].sum()),miss_given_alive=float(1-d['obs'][alive].mean()),patterns=len({tuple(r) for r in d['obs']})))
    # edge cases
    edges={'e01_noslopevar':dict(seed=1,sd_slope=0.0,corr=0.0,sd_res=2.5),'e02_small':dict(seed=2,n_per_arm=15),
           'e04_heavy_missing':dict(seed=4,miss=0.3,haz0=0.05),
           'e06_large':dict(seed=6,n_per_arm=400)}
    for nm,kw in edges.items():
        d=gen(**kw); write(d,f'{out}/{nm}_long.csv',f'{out}/{nm}_surv.csv')
    json.dump(meta,open('reference/meta.json','w'),indent=1); print(*meta[:5],sep='\n')
    print('median', {k:float(np.median([m[k] for m in meta])) for k in meta[0]})
