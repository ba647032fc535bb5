(** Constant steps: a travelling wave with every row in its support is an exact orbit, of any rule of degree 0.

    A rule reads a gradient and a state and gives an update and a new state.  It is homogeneous of degree 0 if a gradient
    and a state that are scaled together leave the update as it is; [scale a s] multiplies each part of the state s by
    the power of a that is its degree (Adam: m by a, v by a^2). *)

From Coq Require Import Reals Lra Lia Arith FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base MaxMargin Ema EpochMap.
Open Scope R_scope.

Definition vector := nat -> R.
Definition times (a : R) (g : vector) : vector := fun k => a * g k.

(** The two properties of a rule, with states in any type. *)
Definition homogeneous {State : Type} (scale : R -> State -> State) (step : vector -> State -> vector * State) : Prop :=
  forall a g s, 0 < a -> step (times a g) (scale a s) = (fst (step g s), scale a (snd (step g s))).
Definition acts {State : Type} (scale : R -> State -> State) : Prop :=
  forall a b s, scale a (scale b s) = scale (a * b) s.

(** An orbit on the exponential loss, one row a step in cyclic order, at constant step eta.  The gradient of step t is
    -exp(-x_i . w_t) x_i, i = t mod N; w t and s t are the iterate and the state before step t. *)
Definition gradient (N d : nat) (X : nat -> nat -> R) (w : nat -> vector) (t : nat) : vector :=
  times (- exp (- dot d (X (t mod N)%nat) (w t))) (X (t mod N)%nat).
Definition orbit {State : Type} (step : vector -> State -> vector * State) (N d : nat) (X : nat -> nat -> R) (eta : R)
    (w : nat -> vector) (s : nat -> State) : Prop :=
  forall t, s (t + 1)%nat = snd (step (gradient N d X w t) (s t)) /\
    forall k, w (t + 1)%nat k = w t k - eta * fst (step (gradient N d X w t) (s t)) k.

(** Frozen gradients -c_i x_i with states of period N that are multiplied by exp(r)^degree before each step. *)
Definition frozen (N : nat) (X : nat -> nat -> R) (c : nat -> R) (t : nat) : vector :=
  times (- c (t mod N)%nat) (X (t mod N)%nat).
Definition fading_state {State : Type} (scale : R -> State -> State) (step : vector -> State -> vector * State) (N : nat) (X : nat -> nat -> R)
    (c : nat -> R) (r : R) (s : nat -> State) : Prop :=
  (forall t, s (t + N)%nat = s t) /\
  forall t, s (t + 1)%nat = snd (step (frozen N X c t) (scale (exp r) (s t))).
Definition frozen_update {State : Type} (scale : R -> State -> State) (step : vector -> State -> vector * State) (N : nat) (X : nat -> nat -> R)
    (c : nat -> R) (r : R) (s : nat -> State) (t : nat) : vector :=
  fst (step (frozen N X c t) (scale (exp r) (s t))).

(** Iterates that go by the periodic updates. *)
Fixpoint wave (eta : R) (w0 : vector) (u : nat -> vector) (t : nat) : vector :=
  match t with O => w0 | S p => fun k => wave eta w0 u p k - eta * u p k end.

Lemma times_times a b g : times a (times b g) = times (a * b) g.
Proof. apply functional_extensionality. intros k. unfold times. ring. Qed.

Lemma wave_dot d eta w0 u x t : dot d x (wave eta w0 u t) = dot d x w0 - eta * sum t (fun p => dot d x (u p)).
Proof.
  induction t as [|t IH]; [simpl; ring|]. cbn [wave sum]. rewrite dot_minus_r, dot_scal_r, IH. ring.
Qed.

Lemma mod_period N t : (0 < N)%nat -> ((t + N) mod N = t mod N)%nat.
Proof.
  intros HN. pose proof (Nat.div_mod_eq t N). pose proof (Nat.mod_upper_bound t N ltac:(lia)).
  apply (mod_by _ N (t / N + 1)); [assumption|nia].
Qed.

Lemma sum_period f N t : (forall p, f (p + N)%nat = f p) -> sum (t + N) f = sum t f + sum N f.
Proof.
  intros H. induction t as [|t IH]; [simpl; ring|]. simpl. rewrite IH, H. ring.
Qed.

(** Where every row has the cost r/eta, every margin grows by N r in an epoch. *)
Lemma wave_grows N d X eta r w0 (u : nat -> vector) :
  (0 < N)%nat -> eta <> 0 -> (forall t, u (t + N)%nat = u t) ->
  (forall i, (i < N)%nat -> dot d (X i) (fun k => - / INR N * sum N (fun t => u t k)) = r / eta) ->
  forall t i, (i < N)%nat -> dot d (X i) (wave eta w0 u (t + N)) = dot d (X i) (wave eta w0 u t) + INR N * r.
Proof.
  intros HN Heta Huper Hcost t i Hi. assert (HIN : INR N <> 0) by (apply not_0_INR; lia).
  rewrite !wave_dot, sum_period by (intros p; rewrite Huper; reflexivity).
  specialize (Hcost i Hi). rewrite dot_scal_r in Hcost.
  assert (E : sum N (fun p => dot d (X i) (u p)) = dot d (X i) (fun k => sum N (fun t => u t k))).
  { unfold dot. rewrite sum_swap. apply sum_ext. intros k _. rewrite sum_scal. reflexivity. }
  rewrite <- E in Hcost. set (Q := sum N (fun p => dot d (X i) (u p))) in *.
  assert (H : Q = - (INR N * (r / eta))) by (rewrite <- Hcost; field; exact HIN).
  rewrite H. field. exact Heta.
Qed.

(** The updates repeat themselves with the states. *)
Lemma frozen_update_period {State : Type} (scale : R -> State -> State) (step : vector -> State -> vector * State) N X c r s t :
  (0 < N)%nat -> fading_state scale step N X c r s ->
  frozen_update scale step N X c r s (t + N) = frozen_update scale step N X c r s t.
Proof. intros HN [Hper _]. unfold frozen_update, frozen. rewrite mod_period, Hper by exact HN. reflexivity. Qed.

(** Claims: none.
    Travelling waves are exact orbits, of any rule of degree 0. Let $c$ be the weights of the rows, each at its own
    step, $c_i = e^{r i} e^{-x_i^\top w_i}$ for $i < N$, and let every row have the cost $x_i^\top U = r/\eta$, $U =
    -\frac1N \sum_{t<N} u_t$ the mean of the updates on frozen gradients $-c_i x_i$ whose states of degree $\delta$
    are multiplied by $e^{\delta r}$ before each step. Then $w_{t+1} = w_t - \eta u_t$ is an orbit of the rule on the
    exponential loss at the constant step $\eta$, with $e^{-r(t-1)}$ times the periodic states. *)
Theorem wave_is_an_orbit :
  forall (State : Type) (scale : R -> State -> State) (step : vector -> State -> vector * State) N d X eta r c s w0,
    homogeneous scale step -> acts scale -> (0 < N)%nat -> eta <> 0 ->
    fading_state scale step N X c r s ->
    let u := frozen_update scale step N X c r s in
    (forall i, (i < N)%nat -> exp (- dot d (X i) (wave eta w0 u i)) = exp (- (r * INR i)) * c i) ->
    (forall i, (i < N)%nat -> dot d (X i) (fun k => - / INR N * sum N (fun t => u t k)) = r / eta) ->
    orbit step N d X eta (wave eta w0 u) (fun t => scale (exp (- (r * (INR t - 1)))) (s t)).
Proof.
  intros State scale step N d X eta r c s w0 Hhom Hact HN Heta Hfade u Hown Hcost. pose proof Hfade as [_ Hs].
  assert (Hgrow := wave_grows N d X eta r w0 u HN Heta
                     (fun t => frozen_update_period scale step N X c r s t HN Hfade) Hcost).
  assert (Hweight : forall t, exp (- dot d (X (t mod N)%nat) (wave eta w0 u t)) = exp (- (r * INR t)) * c (t mod N)%nat).
  { assert (Hq : forall q i, (i < N)%nat -> exp (- dot d (X i) (wave eta w0 u (q * N + i))) = exp (- (r * INR (q * N + i))) * c i).
    { induction q as [|q IH]; intros i Hi; [simpl; apply Hown; exact Hi|].
      replace (S q * N + i)%nat with ((q * N + i) + N)%nat by lia. rewrite Hgrow by exact Hi.
      rewrite Ropp_plus_distr, exp_plus, IH by exact Hi. rewrite (plus_INR (q * N + i)).
      replace (- (r * (INR (q * N + i) + INR N))) with (- (r * INR (q * N + i)) + - (INR N * r)) by ring.
      rewrite exp_plus. ring. }
    intros t. pose proof (Nat.div_mod_eq t N) as D. rewrite Nat.mul_comm in D.
    pose proof (Hq (t / N)%nat (t mod N)%nat (Nat.mod_upper_bound t N ltac:(lia))) as H. rewrite <- D in H. exact H. }
  assert (Hgrad : forall t, gradient N d X (wave eta w0 u) t = times (exp (- (r * INR t))) (frozen N X c t)).
  { intros t. unfold gradient, frozen. rewrite Hweight, times_times. f_equal. ring. }
  assert (Hstate : forall t, scale (exp (- (r * (INR t - 1)))) (s t) = scale (exp (- (r * INR t))) (scale (exp r) (s t))).
  { intros t. rewrite Hact, <- exp_plus. do 2 f_equal. ring. }
  intros t. cbv beta. rewrite (Hgrad t), (Hstate t), (Hhom _ _ _ (exp_pos _)). split.
  - cbn [snd]. rewrite <- Hs. f_equal. rewrite plus_INR. simpl (INR 1). f_equal. ring.
  - intros k. rewrite Nat.add_1_r. reflexivity.
Qed.

(** ** Adam *)

(** Adam's step on a vector, without eps and without bias correction; the state is (m, v). *)
Definition adam_step (b1 b2 : R) (g : vector) (s : vector * vector) : vector * (vector * vector) :=
  let m := fun k => b1 * fst s k + (1 - b1) * g k in
  let v := fun k => b2 * snd s k + (1 - b2) * (g k * g k) in
  (fun k => m k / sqrt (v k), (m, v)).
Definition adam_scale (a : R) (s : vector * vector) : vector * vector := (times a (fst s), times (a * a) (snd s)).

Lemma adam_acts : acts adam_scale.
Proof. intros a b [m v]. unfold adam_scale. cbn [fst snd]. rewrite !times_times. do 2 f_equal. ring. Qed.

(** Claims: none.
    Per-sample Adam is a rule of degree 0, with states $m$ of degree 1 and $v$ of degree 2. *)
Theorem adam_is_homogeneous : forall b1 b2, homogeneous adam_scale (adam_step b1 b2).
Proof.
  intros b1 b2 a g [m v] Ha. unfold adam_step, adam_scale. cbn [fst snd].
  assert (Em : forall k, b1 * times a m k + (1 - b1) * times a g k = a * (b1 * m k + (1 - b1) * g k)) by (intros; unfold times; ring).
  assert (Ev : forall k, b2 * times (a * a) v k + (1 - b2) * (times a g k * times a g k)
                         = (a * a) * (b2 * v k + (1 - b2) * (g k * g k))) by (intros; unfold times; ring).
  f_equal; [|f_equal]; apply functional_extensionality; intros k.
  - rewrite Em, Ev, sqrt_mult_alt by nra. rewrite sqrt_square by lra.
    destruct (Req_dec (sqrt (b2 * v k + (1 - b2) * (g k * g k))) 0) as [Hz|Hn].
    + rewrite Hz, Rmult_0_r. unfold Rdiv. rewrite Rinv_0. ring.
    + field. lra.
  - apply Em.
  - apply Ev.
Qed.

(** The periodic states of Adam on fading gradients: steady states at b1' = b1 exp(r), b2' = b2 exp(2r), before step t. *)
Definition adam_wave_state (b1 b2 : R) (N : nat) (X : nat -> nat -> R) (c : nat -> R) (r : R) (t : nat) : vector * vector :=
  (fun k => (1 - b1) / (1 - b1 * exp r) * steady (b1 * exp r) N (fun j => - (c j * X j k)) ((t + (N - 1)) mod N),
   fun k => (1 - b2) / (1 - b2 * (exp r * exp r)) *
            steady (b2 * (exp r * exp r)) N (fun j => (- (c j * X j k)) * (- (c j * X j k))) ((t + (N - 1)) mod N)).

Lemma before_after N t : (0 < N)%nat -> next N ((t + (N - 1)) mod N) = (t mod N)%nat.
Proof.
  intros HN. unfold next. rewrite add_mod_left by lia. replace (t + (N - 1) + 1)%nat with (t + N)%nat by lia.
  apply mod_period. exact HN.
Qed.

Lemma adam_wave_fades b1 b2 N X c r :
  0 <= b1 -> 0 <= b2 -> b1 * exp r < 1 -> b2 * (exp r * exp r) < 1 -> (0 < N)%nat ->
  fading_state adam_scale (adam_step b1 b2) N X c r (adam_wave_state b1 b2 N X c r).
Proof.
  intros Hb1 Hb2 H1 H2 HN. pose proof (exp_pos r) as Er.
  assert (B1 : 0 <= b1 * exp r < 1) by nra. assert (B2 : 0 <= b2 * (exp r * exp r) < 1) by (split; [nra|exact H2]).
  split.
  - intros t. unfold adam_wave_state. replace (t + N + (N - 1))%nat with (t + (N - 1) + N)%nat by lia.
    rewrite mod_period by exact HN. reflexivity.
  - intros t. unfold adam_step, adam_scale, adam_wave_state. cbn [fst snd].
    pose proof (Nat.mod_upper_bound (t + (N - 1)) N ltac:(lia)) as Hi.
    replace ((t + 1 + (N - 1)) mod N)%nat with (next N ((t + (N - 1)) mod N)).
    2:{ rewrite before_after by exact HN. replace (t + 1 + (N - 1))%nat with (t + N)%nat by lia.
        symmetry. apply mod_period. exact HN. }
    f_equal; apply functional_extensionality; intros k; unfold times, frozen; rewrite ema_steady_state by assumption;
      rewrite before_after by exact HN; unfold times; field; lra.
Qed.

(** Claims: none.
    Per-sample Adam's waves: with $\beta_1' = \beta_1 e^r < 1$ and $\beta_2' = \beta_2 e^{2r} < 1$, $c_i = e^{r i}
    e^{-x_i^\top w_i}$ in the first epoch, and $F_i = r/\eta$ on every row, $w_{t+1} = w_t - \eta u_t$ is an orbit of
    per-sample Adam on the exponential loss at the constant step $\eta$, exactly. *)
Theorem adam_wave :
  forall b1 b2 N d X eta r c w0,
    0 <= b1 -> 0 <= b2 -> b1 * exp r < 1 -> b2 * (exp r * exp r) < 1 -> (0 < N)%nat -> eta <> 0 ->
    let s := adam_wave_state b1 b2 N X c r in
    let u := frozen_update adam_scale (adam_step b1 b2) N X c r s in
    (forall i, (i < N)%nat -> exp (- dot d (X i) (wave eta w0 u i)) = exp (- (r * INR i)) * c i) ->
    (forall i, (i < N)%nat -> dot d (X i) (fun k => - / INR N * sum N (fun t => u t k)) = r / eta) ->
    orbit (adam_step b1 b2) N d X eta (wave eta w0 u) (fun t => adam_scale (exp (- (r * (INR t - 1)))) (s t)).
Proof.
  intros b1 b2 N d X eta r c w0 Hb1 Hb2 H1 H2 HN Heta s u Hown Hcost.
  apply wave_is_an_orbit; try assumption.
  - apply adam_is_homogeneous.
  - apply adam_acts.
  - apply adam_wave_fades; assumption.
Qed.

(** Claims: none.
    The mean update of such a wave is $K \cdot U^{(\beta_1', \beta_2')}$, the field of per-sample Adam at $\beta_1' =
    \beta_1 e^r$, $\beta_2' = \beta_2 e^{2r}$, with $K = \frac{1-\beta_1}{1-\beta_1'}
    \sqrt{\frac{1-\beta_2'}{1-\beta_2}}$. *)
Theorem adam_wave_field :
  forall b1 b2 N X c r k,
    0 <= b1 -> 0 < b2 < 1 -> b1 * exp r < 1 -> b2 * (exp r * exp r) < 1 ->
    (exists j, (j < N)%nat /\ c j * X j k <> 0) ->
    let u := frozen_update adam_scale (adam_step b1 b2) N X c r (adam_wave_state b1 b2 N X c r) in
    - / INR N * sum N (fun t => u t k)
    = (1 - b1) / (1 - b1 * exp r) * sqrt ((1 - b2 * (exp r * exp r)) / (1 - b2))
      * adam_field (b1 * exp r) (b2 * (exp r * exp r)) N (samples c X) k.
Proof.
  intros b1 b2 N X c r k Hb1 Hb2 H1 H2 Hex. pose proof (exp_pos r) as Er.
  assert (HN : (0 < N)%nat) by (destruct Hex as [j [Hj _]]; lia).
  assert (HIN : INR N <> 0) by (apply not_0_INR; lia).
  assert (Hfade := adam_wave_fades b1 b2 N X c r Hb1 ltac:(lra) H1 H2 HN). destruct Hfade as [_ Hs].
  set (s := adam_wave_state b1 b2 N X c r) in *.
  set (p1 := b1 * exp r) in *. set (p2 := b2 * (exp r * exp r)) in *.
  assert (P1 : 0 <= p1 < 1) by (split; [apply Rmult_le_pos; lra|exact H1]).
  assert (P2 : 0 < p2 < 1) by (split; [apply Rmult_lt_0_compat; [lra|nra]|exact H2]).
  intros u.
  assert (Hu : forall t, (t < N)%nat -> u t k =
     - ((1 - b1) / (1 - p1) * sqrt ((1 - p2) / (1 - b2)) * (adam_constant p1 p2 N *
       (sum N (fun j => p1 ^ age N t j * samples c X j k) / sqrt (sum N (fun j => p2 ^ age N t j * (samples c X j k * samples c X j k))))))).
  { intros t Ht.
    assert (E : u t k = fst (s (t + 1)%nat) k / sqrt (snd (s (t + 1)%nat) k)).
    { rewrite Hs. reflexivity. }
    assert (Et : ((t + 1 + (N - 1)) mod N = t)%nat) by (apply (mod_by _ N 1); lia).
    rewrite E. unfold s, adam_wave_state. cbn [fst snd]. rewrite Et. fold p1 p2.
    rewrite (sqrt_mult_alt ((1 - b2) / (1 - p2))) by (apply Rlt_le, Rdiv_lt_0_compat; lra).
    pose proof (steady_update p1 p2 N (samples c X) k 1 t P1 P2 Rlt_0_1 Ht Hex) as Q.
    assert (F1 : (fun j => - (1 * samples c X j k)) = (fun j => - (c j * X j k))).
    { apply functional_extensionality. intros j. unfold samples. ring. }
    assert (F2 : (fun j => - (1 * samples c X j k) * - (1 * samples c X j k)) = (fun j => - (c j * X j k) * - (c j * X j k))).
    { apply functional_extensionality. intros j. unfold samples. ring. }
    rewrite F1, F2 in Q.
    set (A := steady p1 N (fun j => - (c j * X j k)) t) in *.
    set (B := steady p2 N (fun j => - (c j * X j k) * - (c j * X j k)) t) in *.
    pose proof (sqrt_invert (1 - b2) (1 - p2) ltac:(lra) ltac:(lra)) as I.
    assert (Sp : 0 < sqrt ((1 - b2) / (1 - p2))) by (apply sqrt_lt_R0, Rdiv_lt_0_compat; lra).
    assert (Ei : sqrt ((1 - p2) / (1 - b2)) = / sqrt ((1 - b2) / (1 - p2))).
    { apply (Rmult_eq_reg_l (sqrt ((1 - b2) / (1 - p2)))); [|lra]. rewrite I. field. lra. }
    rewrite Ei, Ropp_mult_distr_r, <- Q. unfold Rdiv. rewrite Rinv_mult. ring. }
  rewrite (sum_ext N (fun t => u t k) (fun t => - ((1 - b1) / (1 - p1) * sqrt ((1 - p2) / (1 - b2)) * adam_constant p1 p2 N) *
       (sum N (fun j => p1 ^ age N t j * samples c X j k) / sqrt (sum N (fun j => p2 ^ age N t j * (samples c X j k * samples c X j k)))))).
  - rewrite sum_scal. unfold adam_field, Rdiv. ring.
  - intros t Ht. rewrite (Hu t Ht). ring.
Qed.

(** Claims: constant-steps.
    Per-sample Adam's waves by its epoch map: where $x_i^\top U = r/\eta$ on every row, $U = K \cdot
    U^{(\beta_1', \beta_2')}(c)$ with $\beta_1' = \beta_1 e^r < 1$, $\beta_2' = \beta_2 e^{2r} < 1$, $K =
    \frac{1-\beta_1}{1-\beta_1'} \sqrt{\frac{1-\beta_2'}{1-\beta_2}}$, and $c_i = e^{r i} e^{-x_i^\top w_i}$ in
    the first epoch, $w_{t+1} = w_t - \eta u_t$ is an orbit of per-sample Adam on the exponential loss at the constant
    step $\eta$, exactly, and every margin grows by $N r$ in every epoch. *)
Theorem adam_travelling_wave :
  forall b1 b2 N d X eta r c w0,
    0 <= b1 -> 0 < b2 < 1 -> b1 * exp r < 1 -> b2 * (exp r * exp r) < 1 -> (0 < N)%nat -> eta <> 0 ->
    let s := adam_wave_state b1 b2 N X c r in
    let u := frozen_update adam_scale (adam_step b1 b2) N X c r s in
    let K := (1 - b1) / (1 - b1 * exp r) * sqrt ((1 - b2 * (exp r * exp r)) / (1 - b2)) in
    (forall i, (i < N)%nat -> exp (- dot d (X i) (wave eta w0 u i)) = exp (- (r * INR i)) * c i) ->
    (forall i, (i < N)%nat -> dot d (X i) (fun k => K * adam_field (b1 * exp r) (b2 * (exp r * exp r)) N (samples c X) k) = r / eta) ->
    orbit (adam_step b1 b2) N d X eta (wave eta w0 u) (fun t => adam_scale (exp (- (r * (INR t - 1)))) (s t)) /\
    forall t i, (i < N)%nat -> dot d (X i) (wave eta w0 u (t + N)) = dot d (X i) (wave eta w0 u t) + INR N * r.
Proof.
  intros b1 b2 N d X eta r c w0 Hb1 Hb2 H1 H2 HN Heta s u K Hown Hfield.
  (* Where a row has an entry, some row with weight has one; elsewhere the update does not matter. *)
  assert (Hcost : forall i, (i < N)%nat -> dot d (X i) (fun k => - / INR N * sum N (fun t => u t k)) = r / eta).
  { intros i Hi. rewrite <- (Hfield i Hi). apply sum_ext. intros k _.
    destruct (Req_dec (X i k) 0) as [Hz|Hn]; [rewrite Hz; ring|]. f_equal.
    apply adam_wave_field; try assumption. exists i. split; [exact Hi|]. apply Rmult_integral_contrapositive_currified; [|exact Hn].
    intros Hc. specialize (Hown i Hi). rewrite Hc, Rmult_0_r in Hown. pose proof (exp_pos (- dot d (X i) (wave eta w0 u i))). lra. }
  assert (Hb2' : 0 <= b2) by lra. split; [apply adam_wave; assumption|].
  apply wave_grows; try assumption. intros t. apply frozen_update_period; [exact HN|].
  apply adam_wave_fades; assumption.
Qed.
